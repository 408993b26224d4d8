/**
 * Tokens of one key taken over to another, in a table that is in use.
 *
 *     recorded ─▶ aliasing ─▶ paired ─▶ rewriting ─┬─ no old token is left ──▶ counted ─▶ dropped ─▶ recorded as ended
 *                    ▲                             │
 *                    └── some are, and rows were changed: another pass
 *
 * - **aliasing** walks the table, opens every old token that has no alias yet, masks its value with the new key, and
 *   keeps the pair in `masque.aliases`. No row is changed. Nearly all of the time goes here.
 * - **paired**: as many different new tokens as old ones, or nothing goes on. Values are counted, by their aliases.
 * - **rewriting** walks the table again and exchanges tokens in place, by their aliases, a range of pages a statement.
 * - **counted**: as many different values as before.
 * - **dropped**: the aliases are gone (unless they are to be kept). They lead from an old token to its new one: whoever
 *   found out values of the old key's tokens, which is why one changes keys, would through them find the new ones'.
 *
 * Invariants
 * 1. A row's token is exchanged only for the one that its alias gives, and aliases are one to one. So at every commit
 *    equal tokens stand for equal values once old ones are read through `masque.aliases`: joins and counts hold on
 *    coalesce(new_token, token), from the first row changed to the last.
 * 2. An alias is made of a token that opens and is masked to itself with the old key: no forged or moved token becomes
 *    a good one. What is none stays in the table, is counted, and keeps the aliases.
 * 3. What is known of the progress is what the database holds: which tokens have aliases, which rows have old tokens.
 *    There is no other state, so whatever a kill leaves behind is a beginning.
 * 4. No row is locked longer than one statement over 250 pages, and no statement waits for a loader or makes one wait.
 *
 * While the pipeline runs, maskers may write new rows with the new key (they need nothing more), and one that was not
 * yet restarted with the old one: its rows, and those of batches on their way, are found by the next pass. Five passes,
 * then the caller is told to restart it. Values that came meanwhile explain a higher count than before, never a lower.
 *
 * Killed after a step, and what the next run then does
 *
 * | # | killed after | in the database | the next run |
 * | --- | --- | --- | --- |
 * | 1 | recorded | as before | records itself as well, and does all |
 * | 2 | tokens translated, not stored | as before | translates them once more; they come out the same |
 * | 3 | pairs stored | some old tokens have aliases | asks for the others only |
 * | 4 | paired | all have | finds none to translate |
 * | 5 | in a statement that rewrites | that range as before | rewrites it |
 * | 6 | a range rewritten | some rows new | finds no old token there, and rewrites the others |
 * | 7 | counted | no old token; aliases there | finds nothing to do, counts, drops the aliases |
 * | 8 | dropped | as wanted; the record has no end | finds nothing to do, and records that it ended |
 */
import type { ColumnCount, Rekeying } from '@masque/postgres-sink';
import { points } from './points.ts';
import { checkCounts } from './check-counts.ts';

export interface RekeyWork {
  readonly rekeying: Pick<
    Rekeying,
    'oldTokens' | 'distinct' | 'unaliased' | 'addAliases' | 'requireOneToOne' | 'rewrite' | 'dropAliases'
  >;
  /** Undefined for what no masker made with the old key. */
  readonly translate: (tokens: readonly string[]) => Promise<readonly (string | undefined)[]>;
  readonly keepAliases: boolean;
  readonly onProgress: (progress: RekeyProgress) => void;
}

export interface RekeyProgress {
  readonly step: 'aliasing' | 'rewriting';
  readonly pass: number;
  /** Of the table's pages, 0 to 1. */
  readonly done: number;
  /** Tokens translated, rows rewritten; both since the start. */
  readonly tokens: number;
  readonly rows: number;
}

export interface RekeyReport {
  readonly passes: number;
  readonly tokens: number;
  readonly rows: number;
  /** Tokens that name the old key and were not made with it; they stay. */
  readonly refused: number;
  /** Old tokens still in the table. */
  readonly left: number;
  /** By column, with both keys' tokens of a value counted as one. */
  readonly before: Readonly<Record<string, ColumnCount>>;
  readonly after: Readonly<Record<string, ColumnCount>>;
  readonly aliasesDropped: boolean;
}

const mostPasses = 5;
/** Few enough that a kill costs a second, many enough for every core. */
const tokensAtOnce = 1_000;

/** @throws {Fault} `rekey_not_one_to_one`, `rekey_count_differs`, and those of PostgreSQL */
export async function rekey({ rekeying, translate, keepAliases, onProgress }: RekeyWork): Promise<RekeyReport> {
  const refused = new Set<string>();
  const sum = { tokens: 0, rows: 0 };
  let before: Readonly<Record<string, ColumnCount>> | undefined;
  let left = Infinity;
  let changed = Infinity;
  let pass = 0;
  while (left > 0 && changed > 0 && pass < mostPasses) {
    pass += 1;
    await makeAliases(pass);
    await rekeying.requireOneToOne();
    points.paired.publish(undefined);
    before ??= await rekeying.distinct();
    changed = await rewriteRows(pass);
    left = valuesOf(await rekeying.oldTokens());
  }
  const after = await rekeying.distinct();
  checkCounts(before ?? after, after);
  points.counted.publish(undefined);
  const aliasesDropped = left === 0 && !keepAliases;
  if (aliasesDropped) await rekeying.dropAliases();
  points.dropped.publish(undefined);
  return { passes: pass, ...sum, refused: refused.size, left, before: before ?? after, after, aliasesDropped };

  async function makeAliases(pass: number): Promise<void> {
    let walked = 0;
    for await (const { tokens, done } of rekeying.unaliased()) {
      const pending = tokens.filter((token) => !refused.has(token));
      for (let at = 0; at < pending.length; at += tokensAtOnce) {
        sum.tokens += await aliasSome(pending.slice(at, at + tokensAtOnce));
        const share = Math.min(1, (at + tokensAtOnce) / pending.length);
        onProgress({ step: 'aliasing', pass, done: walked + share * (done - walked), ...sum });
      }
      walked = done;
      onProgress({ step: 'aliasing', pass, done, ...sum });
    }
  }

  async function aliasSome(tokens: readonly string[]): Promise<number> {
    const made = await translate(tokens);
    points.translated.publish(undefined);
    const pairs = tokens.flatMap((old, index) => {
      const token = made[index];
      if (token === undefined) refused.add(old);
      return token === undefined ? [] : [{ old, new: token }];
    });
    if (pairs.length > 0) await rekeying.addAliases(pairs);
    points.aliased.publish(undefined);
    return pairs.length;
  }

  async function rewriteRows(pass: number): Promise<number> {
    const earlier = sum.rows;
    for await (const { rows, done } of rekeying.rewrite()) {
      sum.rows += rows;
      points.rewritten.publish(undefined);
      onProgress({ step: 'rewriting', pass, done, ...sum });
    }
    return sum.rows - earlier;
  }
}

export function valuesOf(counts: Readonly<Record<string, ColumnCount>>): number {
  return Object.values(counts).reduce((sum, { values }) => sum + values, 0);
}
