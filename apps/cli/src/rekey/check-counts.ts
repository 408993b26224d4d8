import { Fault } from '@masque/fault';
import type { ColumnCount } from '@masque/postgres-sink';

type Counts = Readonly<Record<string, ColumnCount>>;

/**
 * As many different values after as before, or as many more as rows that came meanwhile can have brought. Fewer means
 * that two values share a token, or that rows were deleted meanwhile: nobody can tell these apart afterwards.
 * @throws {Fault} `rekey_count_differs`
 */
export function checkCounts(before: Counts, after: Counts): void {
  for (const [column, now] of Object.entries(after)) {
    const then = before[column] ?? now;
    const more = now.distinct - then.distinct;
    if (more === 0 || (more > 0 && more <= now.values - then.values)) continue;
    throw new Fault(
      'rekey_count_differs',
      `the column ${column} had ${then.distinct} different values before, and has ${now.distinct} now`,
      {
        heals: false,
        advice:
          'Were rows deleted, or changed by somebody else, meanwhile? Then run it again; if it says so again, compare with a backup. The aliases are kept.',
        details: { column, before: then.distinct, after: now.distinct },
      },
    );
  }
}
