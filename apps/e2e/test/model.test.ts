/**
 * docs/model/masque.pml under the model checker spin: every reachable state of the protocol as it is, and for each
 * rule that the proof in docs/guarantees.md rests on, the same model with that rule broken, which must fail as that
 * page says. A model that finds nothing when it should proves nothing when it does not.
 */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const model = fileURLToPath(new URL('../../../docs/model/masque.pml', import.meta.url));

const missing = ['spin', 'cc'].filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const absent = missing.length > 0;
const note = `no ${missing.join(', no ')} here; on Debian: apt-get install spin gcc libc6-dev`;

type Promised = 'never lost' | 'never doubled' | 'eventually settled' | 'dead letters never placed';

/** As spin prints an assertion of the model, with any index. */
const signs: Readonly<Record<Promised, RegExp>> = {
  'never lost': /assertion violated \(\(sqs\[\w+\]!=2\)\|\|\(places\[\w+\]>0\)\)/,
  'never doubled': /assertion violated \(places\[\w+\]<=1\)/,
  'eventually settled': /acceptance cycle/,
  'dead letters never placed': /assertion violated \(\(sqs\[\w+\]!=3\)\|\|\(places\[\w+\]==0\)\)/,
};

const isFull = process.env['MASQUE_MODEL'] === 'full';

/** Deeper than the deepest path there is; spin says so when it is not, and the search would not be whole. */
const depth = 1_000_000;

/** The checker's report. `live` looks for a cycle after calm, else for a violated assertion. */
async function check(live: boolean, defines: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'masque-model-'));
  try {
    const flags = [...defines, ...(live ? ['LIVENESS'] : [])].map((name) => `-D${name}`);
    await run('spin', ['-a', ...flags, model], { cwd: folder });
    // Generated code: its warnings are spin's. With one message a search is shorter than the compiler's own.
    await run('cc', ['-w', isFull ? '-O2' : '-O0', ...(live ? [] : ['-DSAFETY']), '-o', 'pan', 'pan.c'], {
      cwd: folder,
    });
    const { stdout } = await run('./pan', [`-m${depth}`, '-n', ...(live ? ['-a'] : [])], { cwd: folder });
    return stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function expectProven(report: string): void {
  expect(report).toMatch(/errors: 0\n/);
  expect(report).not.toMatch(/max search depth too small|out of memory/);
}

it('the model checker is installed, at least where CI runs', ({ skip }) => {
  if (process.env['CI'] === undefined) skip(absent, note);
  expect(missing).toEqual([]);
});

describe.skipIf(absent)('the protocol’s model', { timeout: 600_000, concurrent: true }, () => {
  // Two messages and every variant take minutes, so the suite has one, and a variant for each promise; `npm run model`
  // has all.
  const messages = [isFull ? 'MESSAGES=2' : 'MESSAGES=1'];
  it('never loses and never doubles a message', async () => {
    const report = await check(false, messages);
    expectProven(report);
    // The whole space, not a corner that a slip in the model has cut off.
    expect(Number(/(\d+) states, stored/.exec(report)?.[1])).toBeGreaterThan(isFull ? 1_000_000 : 1_000);
  });

  it('settles every message once faults stop', async () => {
    expectProven(await check(true, messages));
  });

  const one = 'MESSAGES=1';
  const variants: readonly (readonly [rule: string, fails: Promised, where: 'suite' | 'full'])[] = [
    ['DELETE_FIRST', 'never lost', 'suite'],
    ['LEDGER_APART', 'never lost', 'full'],
    ['COMMIT_UNDONE', 'never lost', 'full'],
    ['NO_LEDGER', 'never doubled', 'suite'],
    ['LEDGER_BY_LOAD_DAY', 'never doubled', 'full'],
    ['LEDGER_TIDIED', 'never doubled', 'full'],
    ['OLD_BATCHES_LOADED', 'never doubled', 'full'],
    ['REPEATS_KEPT', 'never doubled', 'full'],
    ['SETTLE_ONLY_NEW', 'eventually settled', 'suite'],
    ['KEPT_JOBS_IDS_OF_MESSAGES', 'eventually settled', 'full'],
  ];
  it.each(variants.filter(([, , where]) => isFull || where === 'suite'))('%s breaks “%s”', async (rule, fails) => {
    const report = await check(fails === 'eventually settled', [one, rule]);
    expect(report).toMatch(signs[fails]);
  });

  it.runIf(isFull)('does not promise that a dead letter was never loaded', async () => {
    expect(await check(false, [one, 'DEAD_LETTERS_UNPLACED'])).toMatch(signs['dead letters never placed']);
  });

  it.runIf(isFull).each([false, true])(
    'the ledger may forget what nothing can bring again (live: %s)',
    async (live) => {
      expectProven(await check(live, [...messages, 'LEDGER_RETIRED']));
    },
  );

  it.runIf(isFull).each([false, true])(
    'finished jobs that stay in Redis do no harm, as ids are new each time (live: %s)',
    async (live) => {
      expectProven(await check(live, [one, 'KEPT_JOBS']));
    },
  );
});
