import type { Pool } from './pool.ts';
import type { SinkKey } from './target.ts';

export interface KeyUseOptions {
  /** Default 10,000. */
  readonly everyMs?: number;
  /** Told of keys that were retired meanwhile. */
  readonly onRetired: (kids: readonly string[]) => void;
}

/**
 * What `masque.keys` says of first use, last use and rows.
 *
 * Counted in memory and told every ten seconds, in one statement, outside of every load. An UPDATE in the load's own
 * transaction would be exact, and every batch of every loader would wait for the same row until the one before it had
 * committed: loading would go one batch at a time. One row a batch, to be summed up when somebody asks, would be exact
 * as well, and grow by what the ledger grows. Nothing depends on these counts, so a few seconds of them may be lost
 * with a process; `retire` and `destroy` count the rows of the table instead.
 */
export function createKeyUse(pool: Pool, pipeline: string, { everyMs = 10_000, onRetired }: KeyUseOptions) {
  let rowsOf = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;

  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const told = rowsOf;
    rowsOf = new Map();
    if (told.size === 0) return;
    try {
      const retired = await pool.query<{ readonly kid: string }>({
        text: 'select kid from masque.note_key_use($1, $2::text[], $3::bigint[]) as kid',
        values: [pipeline, [...told.keys()], [...told.values()]],
      });
      if (retired.length > 0) onRetired(retired.map(({ kid }) => kid));
    } catch {
      // PostgreSQL is away, as its loads will say; this is told again with the next rows.
      for (const [kid, rows] of told) rowsOf.set(kid, (rowsOf.get(kid) ?? 0) + rows);
    }
  }

  return {
    note(keys: readonly SinkKey[], rows: number): void {
      if (keys.length === 0) return;
      for (const { kid } of keys) rowsOf.set(kid, (rowsOf.get(kid) ?? 0) + rows);
      timer ??= setTimeout(() => void flush(), everyMs).unref();
    },
    flush,
  };
}
