import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLines } from '../src/input/lines.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'masque-cli-lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Uint8Array): Promise<(readonly [number, string])[]> {
  const file = join(folder, 'input');
  await writeFile(file, content);
  const lines: (readonly [number, string])[] = [];
  for await (const some of readLines(file)) lines.push(...some.map(({ number, text }) => [number, text] as const));
  return lines;
}

test.each([
  ['an empty file', '', []],
  ['nothing but ends of lines', '\n\r\n\n', []],
  ['a last line without an end', 'a\nb', ['a', 'b']],
  ['CRLF', 'a\r\nb\r\n', ['a', 'b']],
  ['empty lines between', 'a\n\n\nb\n', ['a', 'b']],
  ['white space, which may mean something', ' a \n\t\n b\t \n', [' a ', '\t', ' b\t ']],
  ['what other readers end lines at', 'a\u2028b\u2029c\rd\u0085e\vf\n', ['a\u2028b\u2029c\rd\u0085e\vf']],
  ['a byte order mark', '\ufeffa\n', ['\ufeffa']],
])('%s', async (_, content, expected) => {
  expect((await read(content)).map(([, text]) => text)).toEqual(expected);
});

test('numbers count empty lines too', async () => {
  expect(await read('a\n\n\r\nb\nc')).toEqual([
    [1, 'a'],
    [4, 'b'],
    [5, 'c'],
  ]);
});

test('whatever well-formed lines are written are read, whatever chunks they fall into', async () => {
  const line = fc
    .string({ unit: 'binary', maxLength: 300 })
    .filter((text) => !text.includes('\n') && !text.endsWith('\r') && text !== '' && text.isWellFormed());
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), async (lines, times) => {
      // Repeated, so that some cross the boundaries of what is read at once.
      const all = Array.from({ length: times }, () => lines).flat();
      expect((await read(all.map((text) => `${text}\n`).join(''))).map(([, text]) => text)).toEqual(all);
    }),
    { numRuns: 40 },
  );
});

test('lines over several reads, up to the limit of a message', async () => {
  const longest = 'é'.repeat(524_288);
  expect((await read(`${longest}\r\n${longest}`)).map(([, text]) => text)).toEqual([longest, longest]);
});

test.each([
  ['longer than a message', `a\nb\n${'x'.repeat(1_048_577)}\nc\n`, 'input_line_too_long'],
  ['longer than a message, and without an end', `a\nb\n${'x'.repeat(3_000_000)}`, 'input_line_too_long'],
  ['no UTF-8', Buffer.from('a\nb\nhush\xffhush\nc\n', 'latin1'), 'input_not_utf8'],
])('a line that is %s is named by its number, after those before it, and not shown', async (_, content, code) => {
  const file = join(folder, 'faulty');
  await writeFile(file, content);
  const seen: string[] = [];
  const reading = (async () => {
    for await (const lines of readLines(file)) seen.push(...lines.map(({ text }) => text));
  })();
  await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(`line 3 of ${file}`) });
  await expect(reading).rejects.not.toThrow('hush');
  expect(seen).toEqual(['a', 'b']);
});

test.each([
  ['missing', 'none', 'ENOENT'],
  ['a folder', '.', 'EISDIR'],
])('a file that is %s', async (_, name, cause) => {
  const reading = readLines(join(folder, name)).next();
  await expect(reading).rejects.toMatchObject({ code: 'input_unreadable', details: { cause } });
});
