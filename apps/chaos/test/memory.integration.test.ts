import { expect, inject, test } from 'vitest';
import { bodyOf, loads } from '../src/memory/load.ts';
import { measure } from '../src/memory/measure.ts';

test('bodies of 1 MiB take no stage beyond 350 MB', async () => {
  const load = loads.find(({ name }) => name === 'loaded-wide');
  if (load === undefined) throw new Error('no such load');
  expect(Buffer.byteLength(bodyOf(load, 7, 1_048_576))).toBe(1_048_576);
  const { postgresUrl, redisUrl, sqsEndpoint, region } = inject('stack');
  const servers = { postgresUrl, redisUrl, sqsEndpoint, region };
  const { resident } = await measure({ servers, load, messages: 30, bodyBytes: 1_048_576 });
  // A stage that never saw one of them would stay at some 110.
  for (const bytes of Object.values(resident)) expect(bytes / 1e6).toBeGreaterThan(130);
  for (const bytes of Object.values(resident)) expect(bytes / 1e6).toBeLessThan(350);
});
