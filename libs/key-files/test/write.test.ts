import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readKeyFile } from '../src/read.ts';
import { requireAbsent, writeKeyFile } from '../src/write.ts';
import { folder } from './folder.ts';

const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

test('what was written is read back, under strict modes, whatever the umask', async () => {
  const dir = join(await folder(), 'keys', 'masker');
  const umask = process.umask(0o007);
  try {
    await writeKeyFile(join(dir, 'mask.json'), { secret: 1 }, { secret: true });
    await writeKeyFile(join(dir, 'seal.json'), { secret: 0 }, { secret: false });
  } finally {
    process.umask(umask);
  }
  expect(await modeOf(join(dir, 'mask.json'))).toBe('600');
  expect(await modeOf(join(dir, 'seal.json'))).toBe('644');
  expect(await modeOf(dir)).toBe('700');
  expect(await modeOf(join(dir, '..'))).toBe('700');
  const schema = z.object({ secret: z.number() });
  expect(await readKeyFile(join(dir, 'mask.json'), { secret: true, schema })).toEqual({ secret: 1 });
  expect(await readKeyFile(join(dir, 'seal.json'), { secret: false, schema })).toEqual({ secret: 0 });
});

test('an existing file stays as it is unless overwriting was asked for', async () => {
  const path = join(await folder(), 'mask.json');
  await writeKeyFile(path, 'first', { secret: true });
  await expect(writeKeyFile(path, 'second', { secret: true })).rejects.toMatchObject({
    code: 'key_file_exists',
    setting: 'MASQUE_KEYS_DIR',
    details: { path },
  });
  expect(await readFile(path, 'utf8')).toBe('"first"\n');
  await writeKeyFile(path, 'third', { secret: true, overwrite: true });
  expect(await readFile(path, 'utf8')).toBe('"third"\n');
  expect(await modeOf(path)).toBe('600');
});

test('of many writers at once exactly one wins, and no temporary file is left', async () => {
  const dir = await folder();
  const path = join(dir, 'mask.json');
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) => writeKeyFile(path, { index, pad: 'x'.repeat(100_000) }, { secret: true })),
  );
  const winners = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []));
  expect(winners).toHaveLength(1);
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ index: winners[0] });
  expect(await readdir(dir)).toEqual(['mask.json']);
});

test('a failed write leaves nothing behind', async () => {
  const dir = await folder();
  await writeFile(join(dir, 'file'), '');
  await expect(writeKeyFile(join(dir, 'file', 'mask.json'), 1, { secret: true })).rejects.toMatchObject({
    code: 'key_file_unwritable',
    details: { errno: 'EEXIST' },
  });
  await mkdir(join(dir, 'mask.json'));
  await expect(writeKeyFile(join(dir, 'mask.json'), 1, { secret: true, overwrite: true })).rejects.toMatchObject({
    code: 'key_file_unwritable',
    details: { errno: 'EISDIR' },
  });
  expect((await readdir(dir)).sort()).toEqual(['file', 'mask.json']);
});

test('a set of files is asked for before the first is written', async () => {
  const dir = await folder();
  const [one, other] = [join(dir, 'one.json'), join(dir, 'none', 'other.json')];
  await expect(requireAbsent([one, other])).resolves.toBeUndefined();
  await symlink('nowhere', one);
  await expect(requireAbsent([other, one])).rejects.toMatchObject({ code: 'key_file_exists', details: { path: one } });
});
