import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '@masque/fault';
import { expect, onTestFinished, test } from 'vitest';
import { loadPipeline } from '../src/index.ts';

const folder = fileURLToPath(new URL('definitions', import.meta.url));
const file = (name: string): string => join(folder, `${name}.ts`);

async function faultOf(nameOrPath: string): Promise<Fault> {
  const fault = await loadPipeline(nameOrPath).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (fault instanceof Fault) return fault;
  throw new Error(`no fault: ${String(fault)}`);
}

/** The working directory is the process's, so it is put back. */
async function inFolder(): Promise<string> {
  const before = process.cwd();
  const path = await mkdtemp(join(tmpdir(), 'masque-pipelines-'));
  onTestFinished(async () => {
    process.chdir(before);
    await rm(path, { recursive: true, force: true });
  });
  process.chdir(path);
  return path;
}

/** A definition of another copy of this package, as a mounted file's is: known by its mark alone. */
function foreign(name: string): string {
  return `export default Object.defineProperty({ name: '${name}' }, Symbol.for('masque.pipeline'), { value: true });`;
}

test('a path is taken as it is', async () => {
  expect((await loadPipeline(file('good'))).name).toBe('good');
});

test('a name is looked up among the shipped, wherever the process runs', async () => {
  await inFolder();
  expect((await loadPipeline('user-logins')).name).toBe('user-logins');
});

test('a name is looked up in the working directory first, as .ts before .js', async () => {
  const path = await inFolder();
  await mkdir(join(path, 'pipelines'));
  await writeFile(join(path, 'pipelines', 'user-logins.js'), foreign('mounted-js'));
  expect((await loadPipeline('user-logins')).name).toBe('mounted-js');
  await writeFile(join(path, 'pipelines', 'user-logins.ts'), foreign('mounted-ts'));
  expect((await loadPipeline('user-logins')).name).toBe('mounted-ts');
});

test('a relative path is relative to the working directory', async () => {
  const path = await inFolder();
  await writeFile(join(path, 'own.mjs'), foreign('own'));
  expect((await loadPipeline('own.mjs')).name).toBe('own');
  expect((await loadPipeline('./own.mjs')).name).toBe('own');
});

test.each([
  ['a name', 'no-such-pipeline'],
  ['a path', '/nowhere/own.ts'],
  ['nothing', ''],
])('missing: %s', async (_, nameOrPath) => {
  const fault = await faultOf(nameOrPath);
  expect(fault).toMatchObject({ code: 'pipeline_not_found', heals: false, setting: 'MASQUE_PIPELINE' });
  expect(fault.message).toContain(nameOrPath);
});

test('no place is named twice', async () => {
  const back = process.cwd();
  process.chdir(join(import.meta.dirname, '../../..'));
  const fault = await faultOf('no-such-pipeline').finally(() => process.chdir(back));
  expect(fault.message.split(' or ')).toHaveLength(2);
});

test.each([
  ['faulty', /pipeline "Faulty" cannot be run:[^]*source\.queue is no text/],
  ['throwing', /TypeError: this file is not ready/],
  ['not-a-pipeline', /its default export is not a definePipeline/],
  ['without-default', /its default export is not a definePipeline/],
])('%s is told what is wrong with it', async (name, message) => {
  const fault = await faultOf(file(name));
  expect(fault).toMatchObject({ code: 'pipeline_invalid', heals: false, setting: 'MASQUE_PIPELINE' });
  expect(fault.message).toMatch(message);
  expect(fault.message).toContain(file(name));
});

test('what is no module is invalid, not missing', async () => {
  expect((await faultOf(folder)).code).toBe('pipeline_invalid');
});
