import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPipeline, type Pipeline } from '@masque/pipeline';
import { beforeAll, expect, test, vi } from 'vitest';
import { loadSample } from '../src/sample.ts';

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await loadPipeline('user-logins');
});

test('a hundred messages unless told how many', async () => {
  const chunks = [...(await loadSample(pipeline, { repeat: 0.2 }))];
  expect(chunks.map(({ length }) => length)).toEqual([100]);
  expect(chunks[0]?.every((body) => typeof JSON.parse(body) === 'object')).toBe(true);
});

test('as many as asked for, in chunks, so that a million is never held', async () => {
  const chunks = [...(await loadSample(pipeline, { messages: 2_500, repeat: 0 }))];
  expect(chunks.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  const huge = (await loadSample(pipeline, { messages: 100_000_000, repeat: 0 }))[Symbol.iterator]();
  expect(huge.next().value).toHaveLength(1_000);
});

test('repeats come when they are asked for', async () => {
  expect(await devices(0.9)).toBeLessThan((await devices(0)) / 2);
});

test('a pipeline without a sample says what to do instead', async () => {
  await expect(loadSample({ ...pipeline, name: 'no-such' }, { repeat: 0 })).rejects.toMatchObject({
    code: 'sample_missing',
    heals: false,
    advice: expect.stringContaining('--input'),
  });
});

/** How many different devices there are in a thousand messages. */
async function devices(repeat: number): Promise<number> {
  const bodies = [...(await loadSample(pipeline, { messages: 1_000, repeat }))].flat();
  return new Set(bodies.map((body) => (JSON.parse(body) as { device_id?: string }).device_id)).size;
}

test('a definition somewhere else has its sample beside it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'masque-sample-'));
  await writeFile(join(dir, 'own.sample.ts'), `export const sampleMessages = ({ count }) => Array(count).fill('own');`);
  vi.stubEnv('MASQUE_PIPELINE', join(dir, 'own.ts'));
  try {
    expect([...(await loadSample({ ...pipeline, name: 'own' }, { messages: 2, repeat: 0 }))]).toEqual([['own', 'own']]);
  } finally {
    vi.unstubAllEnvs();
    await rm(dir, { recursive: true });
  }
});
