import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const bench = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);

test.runIf(process.platform === 'linux')(
  'floor and Masque in one run, and their figures as the last line',
  async () => {
    // With fewer, a busy machine may see the beginning when nothing is left.
    const { stdout } = await bench('--messages', '4000', '--rounds', '1', '--only', 'floor,masque', '--json');
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
    const figure = { rate: expect.any(Number), cpuUs: expect.any(Number) };
    const stage = { cpuUs: expect.any(Number), rssMb: expect.any(Number) };
    expect(last).toMatchObject({
      floor: figure,
      masque: { ...figure, stages: { extractor: stage, masker: stage, loader: stage } },
      ratios: { cpu: expect.any(Number), rate: expect.any(Number) },
    });
    const { floor, masque, ratios } = last as Record<'floor' | 'masque' | 'ratios', Record<string, number>>;
    expect(ratios['cpu']).toBeCloseTo((masque['cpuUs'] ?? 0) / (floor['cpuUs'] ?? 1), 1);
    expect(floor['cpuUs']).toBeGreaterThan(0);
    expect(last).not.toHaveProperty('peers');
  },
);

test('what it is asked wrongly is status 64', async () => {
  await expect(bench('--method', 'rot13')).rejects.toMatchObject({ code: 64 });
});
