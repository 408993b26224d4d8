import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { keyPaths } from '@masque/key-files';
import { initKeys } from '@masque/keyring';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { migrate } from '@masque/postgres-sink';
import { createSnapshots, type Snapshot } from './snapshot.ts';
import { type AppName, type Replicas, type StageProcess, stages, startStage } from './stage-process.ts';

/** Where the pipeline's neighbours are, as its stages' settings name them. */
export interface LocalServices {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly redisPrefix?: string;
  readonly sqsEndpoint: string;
  readonly region: string;
  readonly queueUrl: string;
}

export interface PreparePipelineOptions {
  readonly pipeline: Pipeline;
  readonly services: LocalServices;
  /** Keys and logs go here; keys that are there already are used. */
  readonly root: string;
  /** More settings for every stage. */
  readonly settings?: Readonly<Record<string, string>>;
  /** More settings for one stage, such as the users that it alone logs in as. */
  readonly settingsOf?: Readonly<Partial<Record<AppName, Readonly<Record<string, string>>>>>;
}

/** A pipeline on this machine: its keys, its tables, and its stages as processes, each with the real command. */
export interface LocalPipeline {
  readonly keysDir: string;
  readonly logDir: string;
  /** Settings of the stages, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** Every process started here, those that have ended included. */
  readonly processes: readonly StageProcess<AppName>[];
  start<Name extends AppName>(app: Name, settings?: Readonly<Record<string, string>>): StageProcess<Name>;
  /** Starts so many of each, and waits until all are ready. */
  startAll(replicas: Replicas, signal?: AbortSignal): Promise<void>;
  /** How far the stages are. */
  snapshot(): Promise<Snapshot>;
  /** Stops every process in an orderly way; resolves with their exit statuses when all have ended. */
  stop(): Promise<readonly (number | null)[]>;
}

/** Makes keys and tables, unless they are there. Starts nothing. */
export async function preparePipeline(options: PreparePipelineOptions): Promise<LocalPipeline> {
  const { pipeline, services, root } = options;
  const keysDir = join(root, 'keys');
  const logDir = join(root, 'logs');
  await mkdir(logDir, { recursive: true, mode: 0o700 });
  await Promise.all([
    existsSync(keyPaths(keysDir).description) ? undefined : initKeys(keysDir, pipeline),
    migrate({ databaseUrl: services.databaseUrl, target: toTarget(pipeline) }),
  ]);
  const settings: Readonly<Record<string, string>> = {
    MASQUE_PIPELINE: process.env['MASQUE_PIPELINE'] ?? pipeline.name,
    MASQUE_KEYS_DIR: keysDir,
    SQS_QUEUE_URL: services.queueUrl,
    AWS_ENDPOINT_URL_SQS: services.sqsEndpoint,
    AWS_REGION: services.region,
    // A stage that stops lets its poll end, and nobody should wait five seconds for that here.
    SQS_WAIT_S: '1',
    REDIS_URL: services.redisUrl,
    ...(services.redisPrefix === undefined ? {} : { REDIS_PREFIX: services.redisPrefix }),
    DATABASE_URL: services.databaseUrl,
    ...options.settings,
  };
  const processes: StageProcess<AppName>[] = [];
  const snapshot = createSnapshots(processes);

  function start<Name extends AppName>(stage: Name, more: Readonly<Record<string, string>> = {}): StageProcess<Name> {
    const replica = processes.filter((process) => process.stage === stage).length + 1;
    const own = options.settingsOf?.[stage];
    const started = startStage({ stage, replica, env: { ...settings, ...own, ...more }, logDir });
    processes.push(started);
    return started;
  }

  return {
    keysDir,
    logDir,
    settings,
    processes,
    start,
    async startAll(replicas, signal) {
      const started = stages.flatMap((stage) => Array.from({ length: replicas[stage] }, () => start(stage)));
      await Promise.all(started.map((process) => process.whenReady(signal)));
    },
    snapshot,
    stop: () => Promise.all(processes.map((process) => process.stop())),
  };
}
