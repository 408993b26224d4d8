import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnswerReader, type Progress } from '../src/answer-reader.ts';

/** Takes the answer in the given pieces, from one place that is overwritten each time, as a socket's buffer is. */
function read(answer: string | Buffer, cuts: readonly number[] = [], ends = false): Progress {
  const reader = createAnswerReader();
  const bytes = Buffer.from(answer);
  const place = Buffer.alloc(bytes.length + 1);
  const bounds = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  let progress: Progress = 'more';
  for (const [index, start] of bounds.slice(0, -1).entries()) {
    expect(progress).toBe('more');
    const length = bytes.copy(place, 0, start, bounds[index + 1]);
    progress = reader.take(place.subarray(0, length));
    place.fill(0);
  }
  return ends ? reader.end() : progress;
}

const ok = 'HTTP/1.1 200 OK\r\n';

test.each([
  ['sized', `${ok}Content-Length: 2\r\n\r\n{}`, '{}', true],
  ['sized, in other letters and spaces', `${ok}CONTENT-LENGTH:  2 \r\nx: y\r\n\r\n{}`, '{}', true],
  ['without words', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\n{}', '{}', true],
  ['empty', `${ok}content-length: 0\r\n\r\n`, '', true],
  ['the connection’s last', `${ok}content-length: 2\r\nConnection: Close\r\n\r\n{}`, '{}', false],
  ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}', '{}', false],
  ['chunked', `${ok}Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;a=b\r\n}\r\n0\r\n\r\n`, '{}', true],
  ['chunked, with a trailer', `${ok}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\na: b\r\n\r\n`, '{}', true],
  ['of many bytes a character', `${ok}content-length: 3\r\n\r\n€`, '€', true],
])('an answer is read however it is cut: %s', (_, answer, text, isKept) => {
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      expect(read(answer, cuts)).toEqual({ text, isKept });
    }),
    { numRuns: 50 },
  );
});

test('an answer that nothing bounds ends with its connection, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), (cuts) => {
      expect(read(`${ok}\r\n{"a":1}`, cuts, true)).toEqual({ text: '{"a":1}', isKept: false });
    }),
  );
});

test('any body comes back, in chunks of any size', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.nat()),
      fc.integer({ min: 1, max: 9 }),
      (text, cuts, size) => {
        const bytes = Buffer.from(text);
        const chunks = [];
        for (let at = 0; at < bytes.length; at += size) {
          const chunk = bytes.subarray(at, at + size);
          chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
        }
        const head = Buffer.from(`${ok}transfer-encoding: chunked\r\n\r\n`);
        const answer = Buffer.concat([head, ...chunks, Buffer.from('0\r\n\r\n')]);
        expect(read(answer, cuts)).toEqual({ text, isKept: true });
      },
    ),
  );
});

test.each([
  ['another status', 'HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n'],
  ['a status that only begins alike', 'HTTP/1.1 2000 OK\r\ncontent-length: 0\r\n\r\n'],
  ['an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['more than its length', `${ok}content-length: 2\r\n\r\n{}HTTP/1.1 200 OK`],
  ['two lengths', `${ok}content-length: 2\r\ncontent-length: 20\r\n\r\n{}`],
  ['a length and chunks', `${ok}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`],
  ['a length that is none', `${ok}content-length: 0x2\r\n\r\n{}`],
  ['another coding', `${ok}transfer-encoding: gzip, chunked\r\n\r\n`],
  ['a compressed body', `${ok}content-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}`],
  ['a line end that is none', `${ok}a: b\ncontent-length: 2\r\n\r\n{}`],
  ['a chunk longer than it says', `${ok}transfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n`],
  ['a chunk size that is none', `${ok}transfer-encoding: chunked\r\n\r\n-1\r\n`],
  ['more after the last chunk', `${ok}transfer-encoding: chunked\r\n\r\n0\r\n\r\nx`],
  ['a head without end', `${ok}a: ${'b'.repeat(20_000)}`],
])('what is no plain success is not read: %s', (_, answer) => {
  expect(read(answer)).toBe('broken');
});

test.each([
  ['in its head', ok],
  ['in its body', `${ok}content-length: 3\r\n\r\n{}`],
  ['between chunks', `${ok}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n`],
])('an answer that is cut off is none: %s', (_, answer) => {
  expect(read(answer, [], true)).toBe('broken');
});

test('nothing follows an answer', () => {
  const reader = createAnswerReader();
  reader.take(Buffer.from(`${ok}content-length: 0\r\n\r\n`));
  expect(reader.take(Buffer.from(`${ok}content-length: 0\r\n\r\n`))).toBe('broken');
});
