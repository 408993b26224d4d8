import { rmSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyDescription, keyPaths, type KeyStatus, readDescription } from '@masque/key-files';
import { createMasker, readMaskKeys } from '@masque/masking';
import { definePipeline, hmac, type Pipeline, rsa, siv } from '@masque/pipeline';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { initKeys } from '../src/init.ts';

export const pipeline: Pipeline = definePipeline({
  name: 'logins',
  source: { queue: 'logins' },
  record: z.object({ ip: z.string(), device: z.string(), mail: z.string() }),
  mask: { ip: rsa('address', { bits: 2048 }), device: siv('text'), mail: hmac('text') },
  target: {
    table: 'logins',
    columns: {
      ip: { type: 'text', token: 'ip' },
      device: { type: 'text', token: 'device' },
      mail: { type: 'text', token: 'mail' },
    },
  },
});

let made: Promise<string> | undefined;

/** A folder of three mask keys and what belongs to them, this test's own. */
export async function newKeys(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'masque-lives-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  // Made once a process: an RSA key takes its time.
  await cp(await (made ??= makeKeys()), dir, { recursive: true });
  return dir;
}

async function makeKeys(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'masque-lives-'));
  process.once('exit', () => rmSync(root, { recursive: true, force: true }));
  await initKeys(join(root, 'keys'), pipeline);
  return join(root, 'keys');
}

export async function keysOf(dir: string): Promise<readonly KeyDescription[]> {
  return readDescription(keyPaths(dir).description);
}

export async function statusesOf(dir: string, use: KeyDescription['use'] = 'mask'): Promise<[string, KeyStatus][]> {
  return (await keysOf(dir)).filter((key) => key.use === use).map(({ kid, status }) => [kid, status]);
}

export async function kidOf(dir: string, method: string): Promise<string> {
  return (await keysOf(dir)).find((key) => key.method === method && key.status === 'PRIMARY')?.kid ?? '';
}

export async function tokenIn(dir: string, field: string, value: string): Promise<string> {
  const keys = await readMaskKeys(keyPaths(dir).masker.mask);
  const [token] = createMasker({ mask: pipeline.mask, keys }).mask(field, [value]);
  return typeof token === 'string' ? token : '';
}

/** Every secret of a key in any file. */
export async function secretsOf(dir: string, kid: string): Promise<string[]> {
  const { custodian, masker } = keyPaths(dir);
  const texts = await Promise.all(
    [custodian.mask, custodian.unmask, masker.mask].map((file) => readFile(file, 'utf8')),
  );
  return texts.flatMap((text) => {
    const { keys } = JSON.parse(text) as { keys: Record<string, string>[] };
    const key = keys.find((each) => each['kid'] === kid);
    // As JSON writes it: a PEM has line breaks.
    return [key?.['prfSecret'], key?.['privateKey']].flatMap((secret) =>
      secret === undefined ? [] : [JSON.stringify(secret).slice(1, -1)],
    );
  });
}

export async function everything(dir: string): Promise<string> {
  const entries = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
  return (await Promise.all(paths.map(async (path) => `${path}\n${await readFile(path, 'utf8')}`))).join('\n');
}
