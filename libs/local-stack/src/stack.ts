export const serverNames = ['postgres', 'redis', 'sqs'] as const;
export type ServerName = (typeof serverNames)[number];

export interface LocalStackOptions {
  /** Kept and used again by the next start. Default: a temporary folder, removed at the end. */
  readonly dataDir?: string;
  /** False: PostgreSQL without fsync and full-page writes, for tests. Default true. */
  readonly durable?: boolean;
  /** Servers to start at once; the others can be started later by their own `start()`. Default: all. */
  readonly only?: readonly ServerName[];
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Aborting while the stack starts stops what had started. Afterwards it means nothing. */
  readonly signal?: AbortSignal;
}

export interface ProgressEvent {
  readonly server: ServerName;
  readonly state: 'fetching' | 'starting' | 'ready';
  readonly detail?: string;
}

export interface LocalServer {
  readonly name: ServerName;
  /** 0 until the first start; the same for every start after it. */
  readonly port: number;
  /** Undefined unless it is running. */
  readonly pid: number | undefined;
  /** Same port, same data. Resolves when the server answers; does nothing when it already does. */
  start(): Promise<void>;
  /** Resolves when the process is gone, by force if the signal does not do it in time. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

export interface LocalPostgres extends LocalServer {
  /** Connection URL, password included, of the superuser `masque`. Default database: `masque`. */
  url(database?: string): string;
  /** Creates the database unless it exists, and answers its URL. */
  createDatabase(name: string): Promise<string>;
}

export interface LocalRedis extends LocalServer {
  readonly url: string;
}

export interface QueueCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** What demo, tests and benches do to queues from outside of the pipeline. */
export interface Queues {
  /** Creates the queue unless it exists with these attributes, and answers its URL. */
  createQueue(name: string, attributes?: Readonly<Record<string, string>>): Promise<string>;
  /** Any number of bodies, each with these message attributes; answers their message ids in the same order. */
  send(queueUrl: string, bodies: readonly string[], attributes?: Readonly<Record<string, string>>): Promise<string[]>;
  counts(queueUrl: string): Promise<QueueCounts>;
  purge(queueUrl: string): Promise<void>;
  deleteQueue(queueUrl: string): Promise<void>;
}

export interface LocalSqs extends LocalServer, Queues {
  readonly endpoint: string;
  readonly region: string;
}

export interface LocalStack {
  readonly postgres: LocalPostgres;
  readonly redis: LocalRedis;
  readonly sqs: LocalSqs;
  /** Resolves when every process is gone and a temporary folder is removed. May be called twice. */
  stop(): Promise<void>;
}
