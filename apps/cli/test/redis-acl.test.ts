import { expect, test } from 'vitest';
import { lastLine, masque } from './masque.ts';

const env = { REDIS_PREFIX: '{masque}' };

test('redis-acl prints a command a user, as redis-cli reads them: the same rules as for machines, and no password', async () => {
  const [text, json] = await Promise.all([
    masque(['redis-acl', '--users', 'logins'], { env }),
    masque(['redis-acl', '--users', 'logins', '--json'], { env }),
  ]);
  const { users } = lastLine(json) as {
    readonly users: readonly { readonly user: string; readonly rules: string[] }[];
  };
  expect(users.map(({ user }) => user)).toEqual(
    ['extractor', 'masker', 'loader', 'dashboard', 'custodian'].map((part) => `logins_${part}`),
  );
  const lines = text.stdout.trimEnd().split('\n');
  const words = lines.map((line) => (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', '')));
  expect(words).toEqual(users.map(({ user, rules }) => ['ACL', 'SETUSER', user].concat(rules)));
  // Without a password nobody can log in; and one that is there is left alone.
  expect(text.stdout).not.toMatch(/nopass|resetpass| reset |[>#<!]/);
  expect(text.stdout).toContain('~{masque}:user-logins.extracted:*');
  expect(text.stderr).toContain('ACL SETUSER logins_loader');
});

test('a prefix that could be more than a name is refused', async () => {
  for (const args of [
    ['redis-acl', '--users', 'x on nopass'],
    ['migrate', '--roles', 'pg_x'],
    ['migrate', '--roles', 'Ö'],
  ]) {
    expect(await masque(args, { env })).toMatchObject({ status: 64, stderr: expect.stringContaining('small letters') });
  }
});
