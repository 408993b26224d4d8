import { isPasswordHash, matchesPassword } from '@masque/password';
import { expect, test } from 'vitest';
import { lastLine, masque } from './masque.ts';

test('a password from a pipe becomes a hash that it matches, and is nowhere in what is said', async () => {
  const run = await masque(['dashboard', 'password'], { input: 'correct horse battery\nanother line\n' });
  expect([run.status, run.stderr]).toEqual([0, '']);
  const hash = run.stdout.trim();
  expect(isPasswordHash(hash)).toBe(true);
  expect(await matchesPassword('correct horse battery', hash)).toBe(true);
  expect(run.stdout).not.toContain('horse');
});

test('for machines it is one object', async () => {
  const run = await masque(['dashboard', 'password', '--json'], { input: 'correct horse battery' });
  expect(lastLine(run)).toEqual({ DASHBOARD_PASSWORD_HASH: expect.stringMatching(/^scrypt-/) as string });
});

test('one that is short is refused, and not repeated', async () => {
  const { status, stdout, stderr } = await masque(['dashboard', 'password'], { input: 'hunter2\n' });
  expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
  expect(stderr).toContain('it has fewer than 10 characters');
  expect(stderr).not.toContain('hunter2');
});
