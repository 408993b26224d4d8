import { expect, test } from 'vitest';
import { chosen } from '../src/catalogue.ts';
import { runChaos } from '../src/chaos.ts';
import { toText } from '../src/report.ts';

/** One of each kind: what the others add is breadth, which `npm run chaos` is for. */
const short = [
  'extractor:kill@received',
  'masker:kill',
  'loader:kill@committed',
  'loader:freeze@committed',
  'redis:empty-restart',
  'redis:full',
  'postgres:immediate-stop',
  'postgres:deadlock',
  'sqs:duplicates',
  'sqs:late-receipts',
  'sqs:lost-receives',
  'sqs:redrive',
  'all:new-version',
];

test('2,000 messages end in exactly one place each, whatever happens meanwhile', { timeout: 120_000 }, async () => {
  const aborter = new AbortController();
  const said: string[] = [];
  const report = await runChaos({
    messages: 2_000,
    seed: '1',
    mishaps: chosen(short),
    replicas: { extractor: 2, masker: 2, loader: 2 },
    scale: 0.1,
    json: false,
    dryRun: false,
    view: { note: (line) => said.push(line), round: () => {}, watch: async () => {} },
    signal: aborter.signal,
  });
  // A violation is told with the whole course that led to it.
  expect(report.violations.length === 0 ? '' : toText(report) + said.join('\n')).toBe('');
  expect(report.outcomes).toHaveLength(short.length);
  expect(report.reckoning.sent).toBeGreaterThanOrEqual(2_000);
  expect(report.redisLooks).toBeGreaterThan(2);
});
