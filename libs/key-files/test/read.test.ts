import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '@masque/fault';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { readKeyFile } from '../src/read.ts';
import { folder } from './folder.ts';

const schema = z.strictObject({ version: z.literal(1), role: z.literal('test'), prfSecret: z.string().length(8) });
const good = { version: 1, role: 'test', prfSecret: 'hushhush' };

async function file(content: string, mode: number): Promise<string> {
  const path = join(await folder(), 'mask.json');
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

async function faultOf(action: Promise<unknown>): Promise<Fault> {
  const error = await action.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof Fault) return error;
  throw new Error('no fault was thrown');
}

test.each([0o600, 0o400])('a secret file of mode %o is read', async (mode) => {
  expect(await readKeyFile(await file(JSON.stringify(good), mode), { secret: true, schema })).toEqual(good);
});

test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o777])(
  'a secret file of mode %o is refused, and the fault says how to mend it',
  async (mode) => {
    const path = await file(JSON.stringify(good), mode);
    const fault = await faultOf(readKeyFile(path, { secret: true, schema }));
    expect(fault).toMatchObject({
      code: 'key_file_exposed',
      setting: 'MASQUE_KEYS_DIR',
      heals: false,
      details: { path },
    });
    expect(fault.advice).toContain(`chmod 600 ${path}`);
    await chmod(path, 0o600);
    await expect(readKeyFile(path, { secret: true, schema })).resolves.toEqual(good);
  },
);

test.each([0o644, 0o444, 0o600, 0o755])('a public file of mode %o is read', async (mode) => {
  expect(await readKeyFile(await file(JSON.stringify(good), mode), { secret: false, schema })).toEqual(good);
});

test.each([0o664, 0o646, 0o666])('a public file of mode %o could be replaced, so it is refused', async (mode) => {
  const path = await file(JSON.stringify(good), mode);
  const fault = await faultOf(readKeyFile(path, { secret: false, schema }));
  expect(fault.code).toBe('key_file_exposed');
  expect(fault.advice).toContain(`chmod 644 ${path}`);
});

test('a missing file, a missing folder and a file in a folder’s place are missing', async () => {
  const path = await file('{}', 0o600);
  for (const missing of [`${path}.not`, join(path, '..', 'none', 'mask.json'), join(path, 'mask.json')]) {
    const fault = await faultOf(readKeyFile(missing, { secret: true, schema }));
    expect(fault).toMatchObject({ code: 'key_file_missing', details: { path: missing } });
    expect(fault.message).toContain(missing);
  }
});

test('a folder, a loop of links and a named pipe are unreadable', async () => {
  const at = await folder();
  const [dir, loop, pipe] = [join(at, 'dir'), join(at, 'loop'), join(at, 'pipe')];
  await mkdir(dir, { mode: 0o700 });
  await symlink(loop, loop);
  execFileSync('mkfifo', ['-m', '600', pipe]);
  for (const path of [dir, loop, pipe]) {
    const fault = await faultOf(readKeyFile(path, { secret: true, schema }));
    expect(fault).toMatchObject({ code: 'key_file_unreadable', setting: 'MASQUE_KEYS_DIR' });
  }
});

test.each([
  ['not JSON', '{ "prfSecret": "hushhush" x }'],
  ['cut short', '{ "version": 1, "role": "test", "prfSecret": "hushhu'],
  ['empty', ''],
  ['no object', '"hushhush"'],
  ['another version', JSON.stringify({ ...good, version: 2 })],
  ['another role', JSON.stringify({ ...good, role: 'hushhush' })],
  ['a secret of the wrong length', JSON.stringify({ ...good, prfSecret: 'hushhush-hush' })],
  ['a field too many', JSON.stringify({ ...good, hushhush: 'hushhush' })],
  ['too large', JSON.stringify(good) + ' '.repeat(1_048_576)],
])('%s: malformed, and no word of the content is shown', async (_, content) => {
  const path = await file(content, 0o600);
  const fault = await faultOf(readKeyFile(path, { secret: true, schema }));
  expect(fault).toMatchObject({ code: 'key_file_malformed', setting: 'MASQUE_KEYS_DIR' });
  expect(fault.cause).toBeUndefined();
  expect(`${fault.toLine()} ${JSON.stringify(fault)} ${fault.stack}`).not.toContain('hush');
});

test('what does not fit is named', async () => {
  const path = await file(JSON.stringify({ ...good, version: 2, prfSecret: '' }), 0o600);
  const fault = await faultOf(readKeyFile(path, { secret: true, schema }));
  expect(fault.message).toContain('(version, prfSecret)');
});

test('a file in another’s place is told apart from a damaged one', async () => {
  const path = await file(JSON.stringify({ ...good, role: 'another', prfSecret: '' }), 0o600);
  const fault = await faultOf(readKeyFile(path, { secret: true, schema }));
  expect(fault.message).toBe(`the key file ${path} holds no key of the kind that belongs there`);
  expect(fault.advice).not.toContain('anew');
});
