import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KeyDescription, keyPaths, type KeyStatus, readDescription } from '@masque/key-files';
import { createMasker, readMaskKeys } from '@masque/masking';
import { definePipeline, hmac, type Pipeline, rsa, siv } from '@masque/pipeline';
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

const made = new Map<string, Promise<string>>();

/** A folder of three mask keys and what belongs to them, this test's own; `fresh`: of another installation. */
export async function newKeys(options: { readonly fresh?: boolean } = {}): Promise<string> {
  if (options.fresh === true) return make();
  // Made once a file, whose temporary folder it is: an RSA key takes its time.
  const once = made.get(tmpdir()) ?? make();
  made.set(tmpdir(), once);
  const dir = await folder();
  await cp(await once, dir, { recursive: true });
  return dir;
}

async function make(): Promise<string> {
  const dir = await folder();
  await initKeys(dir, pipeline);
  return dir;
}

/** In one that is gone when the file's tests are. */
async function folder(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'masque-lives-')), 'keys');
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

/** Gives a change to a process that is killed before a step; resolves with how it ended. */
export function runKilled(args: readonly string[]): Promise<NodeJS.Signals | number | null> {
  const script = join(import.meta.dirname, 'fixtures', 'killed-change.ts');
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((done) => child.once('close', (status, signal) => done(signal ?? status)));
}
