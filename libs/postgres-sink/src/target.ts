import type { Packed } from '@masque/handoff';

/** What the sink needs to know of a pipeline; `libs/pipeline`'s definition fits, by shape. */
export interface Target {
  readonly name: string;
  /** `table` or `schema.table`. */
  readonly table: string;
  readonly columns: readonly TargetColumn[];
}

export interface TargetColumn {
  readonly name: string;
  /** PostgreSQL's name of the type: `varchar(128)`, `integer`. */
  readonly type: string;
  /** Set for a column of tokens: the most characters its masking method gives. */
  readonly tokenLength?: number;
  /** Its tokens need their entries in `masque.vault`. */
  readonly vault?: true;
}

export type Cell = string | number | boolean | null;

/** A column's cells, one a row. */
export type Cells = readonly Cell[] | Packed;

/** A batch as the loader hands it over; `libs/handoff-masked` fits, by shape. */
export interface SinkBatch {
  readonly messageIds: readonly string[];
  /** Epoch milliseconds, one a message. */
  readonly sentAt: readonly number[];
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  /** Indices into `messageIds`, one a row. */
  readonly rows: readonly number[];
  /** By column name. Only columns of texts may be packed. */
  readonly columns: Readonly<Record<string, Cells>>;
  readonly rejects: readonly {
    readonly at: number;
    readonly reason: string;
    readonly fields: readonly string[];
    /** Base64. */
    readonly body: string;
  }[];
  /** What the vault must hold for the tokens in `columns`: each distinct token once, its key, its ciphertext. */
  readonly entries?:
    | {
        readonly tokens: readonly string[];
        readonly kids: readonly string[];
        readonly ciphertexts: Packed;
      }
    | undefined;
  /** The keys that made its tokens. */
  readonly keys?: readonly SinkKey[];
}

export interface SinkKey {
  readonly kid: string;
  readonly method: string;
  readonly fingerprint: string;
}
