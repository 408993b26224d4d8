import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { aMasker, maskBodies, pipeline } from './login.ts';

/** The challenge's own hundred messages, which the project does not copy: they lie beside it, where they do. */
const file = new URL('../../../../shared/data/fetch-logins.jsonl', import.meta.url);

test('the challenge’s messages: 99 rows, and the one that is no login', async ({ skip }) => {
  skip(!existsSync(file), 'skipped: ../shared/data/fetch-logins.jsonl is not beside the repository');
  const bodies = readFileSync(file, 'utf8').trimEnd().split('\n');
  const { rows, rejects, columns, extraFields } = maskBodies(pipeline, await aMasker())(...bodies);
  expect(rows).toHaveLength(99);
  expect(rejects).toEqual([{ at: 12, reason: 'wrong_kind', fields: [] }]);
  expect(extraFields).toBe(0);
  expect(columns['locale']?.filter((cell) => cell === null)).toHaveLength(29);
  expect(new Set(columns['masked_ip']).size).toBe(99);
  expect(new Set(columns['masked_device_id']).size).toBe(99);
  const logins = bodies.filter((_, at) => at !== 12).map((body) => JSON.parse(body) as Record<string, string>);
  expect(columns['user_id']).toEqual(logins.map(({ user_id: id }) => id));
  expect(JSON.stringify(columns)).not.toMatch(
    new RegExp(
      logins
        .flatMap(({ ip, device_id: id }) => [ip, id])
        .join('|')
        .replaceAll('.', '\\.'),
    ),
  );
  for (const version of columns['app_version'] ?? []) expect(Number.isSafeInteger(version)).toBe(true);
});
