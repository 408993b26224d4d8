import type { Pool } from './pool.ts';

export interface LedgerUpkeep {
  /** Days whose partition was taken out of the ledger now, `YYYY-MM-DD`; an insert of that day puts it back. */
  readonly detached: readonly string[];
  /** Days that the ledger has forgotten now. */
  readonly dropped: readonly string[];
  /** Something held a lock that a step needs; the rest is for the next time. */
  readonly busy: boolean;
}

/** So that no message has to wait for its day's partition at midnight, and clocks may differ. */
const daysAhead = 2;

/**
 * Makes the partitions of today and the days ahead, and retires those that are old, one step a transaction, until
 * nothing is left to do. Any number of loaders may do it at any time: an advisory lock lets one at a step.
 * migrations/0004-ledger-retirement.sql says what is old and which locks a step takes.
 */
export async function keepLedger(pool: Pool, retentionDays: number): Promise<LedgerUpkeep> {
  await pool.query({
    text: `select masque.ensure_ledger_day((now() at time zone 'utc')::date + ahead) from generate_series(0, $1) as ahead`,
    values: [daysAhead],
  });
  const done: Record<'detached' | 'dropped', string[]> = { detached: [], dropped: [] };
  for (;;) {
    const [taken] = await pool.query<{ readonly step: keyof typeof done | 'busy' | null; readonly day: string }>({
      text: 'select step, day::text from masque.retire_ledger_day($1)',
      values: [retentionDays],
    });
    if (taken === undefined || taken.step === null) return { ...done, busy: false };
    if (taken.step === 'busy') return { ...done, busy: true };
    done[taken.step].push(taken.day);
  }
}
