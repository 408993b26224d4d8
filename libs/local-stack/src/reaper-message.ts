/** A process that must not outlive the owner. */
export interface ProcessSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly account?: { readonly uid: number; readonly gid: number };
  /** Gets its output, appended. */
  readonly log: string;
  /** What the reaper sends first when everything ends. */
  readonly endSignal: NodeJS.Signals;
  /** How long the process may take over a signal before SIGKILL follows. */
  readonly graceMs: number;
}

/** Every request gets one answer, under the same `id`. */
export type Request =
  /** Makes a temporary folder below `parent`; answers its path. It is removed at the end. */
  | { readonly id: number; readonly ask: 'folder'; readonly parent: string }
  /** Holds `file` for the reaper's lifetime; answers once it is ours, or `in_use` while another owner lives. */
  | { readonly id: number; readonly ask: 'lock'; readonly file: string }
  /** Answers the pid. `exited` follows under the same id. */
  | { readonly id: number; readonly ask: 'spawn'; readonly spec: ProcessSpec }
  /** Signals the process spawned under `target`; SIGKILL follows after its grace. */
  | { readonly id: number; readonly ask: 'signal'; readonly target: number; readonly signal: NodeJS.Signals };

export type RequestBody = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

export type Answer =
  | { readonly id: number; readonly answer: string | number }
  /** An errno code such as ENOENT, or `in_use`. */
  | { readonly id: number; readonly refused: string }
  | { readonly id: number; readonly exited: true; readonly code: number | null; readonly signal: string | null };
