import { hashPassword } from '@masque/password';
import { readSettings } from '@masque/stage';
import { expect, test } from 'vitest';
import { checkSettings, isLoopback, settings } from '../src/config.ts';

const read = (env: Readonly<Record<string, string>>) =>
  readSettings(settings, { DATABASE_URL: 'postgres://127.0.0.1/x', ...env }, checkSettings);

test('without a password only a loopback address is listened on', () => {
  expect(read({})).toMatchObject({ DASHBOARD_HOST: '127.0.0.1', DASHBOARD_PORT: 8_090 });
  expect(read({ DASHBOARD_HOST: '::1' })).toMatchObject({ DASHBOARD_HOST: '::1' });
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'dashboard.example', '127.0.0.1.example']) {
    expect(() => read({ DASHBOARD_HOST: host })).toThrow(/anybody could look. Run `masque dashboard password`/);
  }
});

test('with one, any; and what is no hash is not repeated', async () => {
  const hash = await hashPassword('correct horse');
  expect(read({ DASHBOARD_HOST: '0.0.0.0', DASHBOARD_PASSWORD_HASH: hash })).toMatchObject({
    DASHBOARD_HOST: '0.0.0.0',
  });
  const attempt = () => read({ DASHBOARD_PASSWORD_HASH: 'correct horse' });
  expect(attempt).toThrow(/is not what `masque dashboard password` makes/);
  expect(attempt).not.toThrow(/correct horse/);
});

test.each(['localhost', '127.0.0.1', '127.8.9.10', '::1', '[::1]'])('%s is this machine', (host) => {
  expect(isLoopback(host)).toBe(true);
});
test.each(['', 'localhost.example', '0.0.0.0', '128.0.0.1', '::2', '127.0.0.1.nip.io'])('%s is not', (host) => {
  expect(isLoopback(host)).toBe(false);
});
