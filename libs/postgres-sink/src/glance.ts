import { createPool } from './pool.ts';

export interface PutAside {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly reason: string;
  /** Names that the pipeline's definition uses. */
  readonly fields: readonly string[];
  readonly sqlstate: string | null;
  readonly status: 'held' | 'replayed' | 'discarded';
}

export interface Glance {
  /** Messages that wait for somebody to decide, by reason; of `heldMax` at most. */
  readonly held: Readonly<Record<string, number>>;
  /** So many were looked at, and there may be more. */
  readonly heldIsCut: boolean;
  /** The newest first. */
  readonly newest: readonly PutAside[];
}

/** What a dashboard may see of the quarantine: times, reasons and names of fields; with rights to no more than that. */
export interface Glancer {
  /** @throws {Fault} as every call to PostgreSQL */
  look(): Promise<Glance>;
  close(): Promise<void>;
}

const newestCount = 12;
/** Counting is done every few seconds, for as long as somebody has left the page open: it must have an end. */
const heldMax = 10_000;

export function createGlancer(options: { readonly databaseUrl: string; readonly pipeline: string }): Glancer {
  const { databaseUrl, pipeline } = options;
  const pool = createPool({ databaseUrl, name: 'masque-dashboard', connections: 2, statementTimeoutMs: 5_000 });
  return {
    async look() {
      const [held, newest] = await Promise.all([
        pool.query<{ readonly reason: string; readonly count: number }>({
          text: `select reason, count(*)::float8 as count
                 from (select reason from masque.quarantine where pipeline = $1 and status = 'held' limit $2) as latest
                 group by reason order by 2 desc, 1`,
          values: [pipeline, heldMax],
        }),
        pool.query<PutAside>({
          text: `select id::float8 as id, (extract(epoch from quarantined_at) * 1000)::float8 as at, reason, fields,
                        sqlstate, status
                 from masque.quarantine where pipeline = $1
                 order by quarantined_at desc, id desc limit $2`,
          values: [pipeline, newestCount],
        }),
      ]);
      const total = held.reduce((sum, { count }) => sum + count, 0);
      return {
        held: Object.fromEntries(held.map(({ reason, count }) => [reason, count])),
        heldIsCut: total >= heldMax,
        newest,
      };
    },
    close: () => pool.close(),
  };
}
