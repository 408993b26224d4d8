import { execFileSync } from 'node:child_process';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { KeyAccess, Kms } from '../src/access.ts';
import { closingOf } from '../src/closing.ts';
import { readPassphraseFile } from '../src/passphrase-file.ts';
import { encryptPem } from '../src/pkcs8.ts';
import { readSecrets } from '../src/secrets.ts';
import { writeKeyFile } from '../src/write.ts';
import { folder } from './folder.ts';

const schema = z.object({
  keys: z.array(z.object({ kid: z.string(), prfSecret: z.string().optional(), privateKey: z.string().optional() })),
});
const pem = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  format: 'pem',
  type: 'pkcs8',
}) as string;
const content = {
  keys: [
    { kid: 'abcdef', prfSecret: 'hush-one' },
    { kid: 'ghijkl', prfSecret: 'hush-two', privateKey: pem },
  ],
};
const passphrased = (text: string | undefined): KeyAccess => ({
  setting: 'MASQUE_PASSPHRASE_FILE',
  passphrase: async () => text,
});

async function closedFile(access = passphrased('open sesame')): Promise<string> {
  const path = join(await folder(), 'mask.json');
  await writeKeyFile(path, content, { secret: true, closing: 'passphrase', access });
  return path;
}

test('what is closed with a passphrase opens with it, and is not in the file', async () => {
  const path = await closedFile();
  const text = await readFile(path, 'utf8');
  expect(text).not.toMatch(/hush|BEGIN PRIVATE/);
  expect(await readSecrets(path, { schema, access: passphrased('open sesame') })).toEqual(content);
});

test.each([
  ['another', passphrased('open sesamE'), 'passphrase_wrong'],
  ['none', passphrased(undefined), 'passphrase_missing'],
  ['nobody to ask', undefined, 'passphrase_missing'],
])('with %s it stays closed, and nothing of it is said', async (_, access, code) => {
  const path = await closedFile();
  const error: unknown = await readSecrets(path, { schema, access }).catch((error: unknown) => error);
  expect(error).toMatchObject({ code, heals: false, setting: 'MASQUE_PASSPHRASE_FILE' });
  expect(`${JSON.stringify(error)} ${(error as Error).stack}`).not.toMatch(/hush|sesam/);
});

test('a secret that is moved to another key, altered or cut does not open', async () => {
  type Closed = { keys: { kid: string; prfSecret: { sealed: string } }[] };
  const changes: ((file: Closed) => void)[] = [
    ({ keys }) => ([keys[0]!.kid, keys[1]!.kid] = [keys[1]!.kid, keys[0]!.kid]),
    ({ keys }) => (keys[0]!.prfSecret.sealed = keys[1]!.prfSecret.sealed),
    ({ keys }) => (keys[0]!.prfSecret.sealed = keys[0]!.prfSecret.sealed.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))),
    ({ keys }) => (keys[0]!.prfSecret.sealed = keys[0]!.prfSecret.sealed.slice(0, 20)),
    ({ keys }) => (keys[0]!.prfSecret.sealed = '='),
  ];
  for (const change of changes) {
    const path = await closedFile();
    const file = JSON.parse(await readFile(path, 'utf8')) as Closed;
    change(file);
    await writeFile(path, JSON.stringify(file));
    const reading = readSecrets(path, { schema, access: passphrased('open sesame') });
    await expect(reading).rejects.toMatchObject({ code: 'passphrase_wrong' });
  }
});

test('a file cannot ask for more memory or time than is due', async () => {
  const path = await closedFile();
  await writeFile(path, (await readFile(path, 'utf8')).replace('"logN": 16', '"logN": 30'));
  const reading = readSecrets(path, { schema, access: passphrased('open sesame') });
  await expect(reading).rejects.toMatchObject({ code: 'key_file_malformed' });
});

test('a private key is encrypted PKCS#8, which OpenSSL opens with the same passphrase, and with 600,000 iterations', async () => {
  const encrypted = await encryptPem(pem, 'open sesame');
  const opened = createPrivateKey({ key: encrypted, passphrase: 'open sesame' });
  expect(opened.equals(createPrivateKey(pem))).toBe(true);
  const openssl = (...args: string[]): string => execFileSync('openssl', args, { input: encrypted, encoding: 'utf8' });
  expect(openssl('pkcs8', '-passin', 'pass:open sesame')).toContain('BEGIN PRIVATE KEY');
  // 0x0927C0 is 600,000.
  expect(openssl('asn1parse')).toMatch(/PBES2[^]*PBKDF2[^]*INTEGER +:0927C0[^]*hmacWithSHA256[^]*aes-256-cbc/);
});

test('the same passphrase in another Unicode form is the same', async () => {
  const path = await closedFile(passphrased('caf\u00e9'));
  expect(await readSecrets(path, { schema, access: passphrased('cafe\u0301') })).toEqual(content);
});

function refuse(): never {
  throw new Error('not asked for');
}

test('closed by a key service: it is asked for each secret, with what it is of', async () => {
  const asked: string[] = [];
  const kms: Kms = {
    async encrypt(key, secret, context) {
      asked.push(`encrypt ${key} ${context}`);
      return Buffer.from(secret).map((byte) => byte ^ 0x5a);
    },
    async decrypt(key, sealed, context) {
      asked.push(`decrypt ${key} ${context}`);
      return Buffer.from(sealed).map((byte) => byte ^ 0x5a);
    },
    publicKey: refuse,
    decryptOaep: refuse,
  };
  const path = join(await folder(), 'mask.json');
  const one = { keys: content.keys.slice(0, 1) };
  const access = { setting: '', kms };
  await writeKeyFile(path, one, { secret: true, closing: { kms: 'kms:alias/masque' }, access });
  expect(await readFile(path, 'utf8')).not.toContain('hush');
  expect(await readSecrets(path, { schema, access })).toEqual(one);
  expect(asked).toEqual(
    ['encrypt', 'decrypt'].map((verb) => `${verb} kms:alias/masque masque/key-file/v1 abcdef prfSecret`),
  );
  await expect(readSecrets(path, { schema })).rejects.toMatchObject({ code: 'kms_missing' });
});

test('how a secret is closed can be told from its entry', async () => {
  const { keys } = JSON.parse(await readFile(await closedFile(), 'utf8')) as { keys: Record<string, unknown>[] };
  expect(keys.map((key) => closingOf(key))).toEqual(['passphrase', 'passphrase']);
  expect(closingOf({ privateKey: keys[1]?.['privateKey'] })).toBe('passphrase');
  expect(closingOf({ prfSecret: 'x' })).toBe('open');
  expect(closingOf({ secret: { kms: 'kms:alias/a', sealed: 'AAAA' } })).toEqual({ kms: 'kms:alias/a' });
});

test('a passphrase file: its first line; refused when others may read it, when it is empty, when it is not there', async () => {
  const path = join(await folder(), 'passphrase');
  const read = () => readPassphraseFile(path, 'MASQUE_PASSPHRASE_FILE');
  await expect(read()).rejects.toMatchObject({ code: 'passphrase_file_missing', setting: 'MASQUE_PASSPHRASE_FILE' });
  await writeFile(path, 'open sesame\r\nand more\n', { mode: 0o600 });
  expect(await read()).toBe('open sesame');
  await chmod(path, 0o640);
  await expect(read()).rejects.toMatchObject({ code: 'passphrase_file_exposed', advice: `Run: chmod 600 ${path}` });
  await chmod(path, 0o600);
  await writeFile(path, '\nx');
  await expect(read()).rejects.toMatchObject({ code: 'passphrase_file_malformed' });
});
