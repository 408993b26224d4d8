import { cp, mkdtemp, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyPaths, readDescription } from '@masque/key-files';
import { createMasker, readMaskKeys } from '@masque/masking';
import { loadPipeline, type Pipeline } from '@masque/pipeline';
import { createSealer, quarantineContext, readSealPublicKey } from '@masque/sealing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { initKeys } from '../src/init.ts';
import { openQuarantineOpener } from '../src/quarantine.ts';
import { openUnmasker } from '../src/unmasker.ts';

let root: string;
let pipeline: Pipeline;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'masque-keyring-'));
  pipeline = await loadPipeline('user-logins');
  await Promise.all(['one', 'other'].map((name) => initKeys(join(root, name), pipeline)));
});
afterAll(() => rm(root, { recursive: true }));

const one = (): string => join(root, 'one');
let copies = 0;
async function copyOfOne(): Promise<string> {
  const copy = join(root, `copy-${(copies += 1)}`);
  await cp(one(), copy, { recursive: true });
  return copy;
}

async function kids(dir: string): Promise<string[]> {
  return (await readDescription(keyPaths(dir).description)).map(({ kid }) => kid);
}

async function token(dir: string, field: string, value: string): Promise<string> {
  const masker = createMasker({ mask: pipeline.mask, keys: await readMaskKeys(keyPaths(dir).masker.mask) });
  const [made] = masker.mask(field, [value]);
  if (typeof made !== 'string') throw new Error('no token');
  return made;
}

describe('a set of keys', () => {
  test('is described without a secret', async () => {
    const described = await readDescription(keyPaths(one()).description);
    expect(described.map(({ use }) => use)).toEqual(['seal', 'quarantine', 'mask']);
    expect(new Set(described.map(({ kid }) => kid)).size).toBe(3);
    expect(await readFile(keyPaths(one()).description, 'utf8')).not.toMatch(/private|secret|BEGIN/i);
  });

  test('is another one each time', async () => {
    const [first, second] = [await kids(one()), await kids(join(root, 'other'))];
    expect(first.filter((kid) => second.includes(kid))).toEqual([]);
  });

  test.each([
    ['description', ({ description }: ReturnType<typeof keyPaths>) => description],
    ['extractor’s', ({ extractor }: ReturnType<typeof keyPaths>) => extractor.sealPublic],
    ['masker’s', ({ masker }: ReturnType<typeof keyPaths>) => masker.mask],
    ['custodian’s', ({ custodian }: ReturnType<typeof keyPaths>) => custodian.unmask],
  ])('of which only the %s is left is not made anew', async (_, choose) => {
    const dir = await copyOfOne();
    const kept = choose(keyPaths(dir));
    const all = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const others = all.map(({ parentPath, name }) => join(parentPath, name)).filter((file) => file !== kept);
    await Promise.all(others.map((file) => unlink(file)));
    const before = await readFile(kept);
    await expect(initKeys(dir, pipeline)).rejects.toMatchObject({ code: 'key_file_exists', details: { path: kept } });
    expect(await readFile(kept)).toEqual(before);
    const left = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(left).toHaveLength(1);
  });
});

describe('the custodian', () => {
  test('opens what the masker made, and knows its field', async () => {
    const unmasker = await openUnmasker(one(), pipeline);
    const made = await token(one(), 'ip', '198.51.100.7');
    expect(await unmasker.unmask(made)).toMatchObject({ field: 'ip', value: '198.51.100.7' });
    await expect(unmasker.unmask(made, 'device_id')).rejects.toThrow(
      expect.objectContaining({ code: 'token_wrong_field' }),
    );
  });

  test('does not open another installation’s tokens', async () => {
    const unmasker = await openUnmasker(one(), pipeline);
    const made = await token(join(root, 'other'), 'ip', '198.51.100.7');
    await expect(unmasker.unmask(made)).rejects.toThrow(expect.objectContaining({ code: 'token_key_unknown' }));
  });

  test('is told of files that do not belong together, or are not there', async () => {
    const mixed = await copyOfOne();
    await cp(keyPaths(join(root, 'other')).custodian.mask, keyPaths(mixed).custodian.mask);
    await expect(openUnmasker(mixed, pipeline)).rejects.toMatchObject({ code: 'key_pair_mismatch', heals: false });
    const halved = await copyOfOne();
    await rm(join(halved, 'custodian'), { recursive: true });
    await expect(openUnmasker(halved, pipeline)).rejects.toMatchObject({ code: 'key_file_missing' });
  });

  test('opens quarantined bodies, each under the message that it is of', async () => {
    const sealer = createSealer(await readSealPublicKey(keyPaths(one()).masker.quarantinePublic));
    const sealed = await sealer.seal([Buffer.from('a body')], quarantineContext(pipeline.name, 'message-1'));
    const open = await openQuarantineOpener(one(), pipeline);
    expect(String(await open(sealed, 'message-1'))).toBe('a body');
    await expect(open(sealed, 'message-2')).rejects.toMatchObject({ code: 'seal_broken' });
  });
});
