import { createReadStream } from 'node:fs';
import { Fault } from '@masque/fault';

export interface Line {
  /** Counted from 1, empty lines included. */
  readonly number: number;
  readonly text: string;
}

/** No queue takes a longer message, so a longer line is not held in memory to find out. */
const lineBytesMax = 1_048_576;
const [lineFeed, carriageReturn] = [0x0a, 0x0d];

/**
 * The lines of a file that are not empty, as they are read: what comes through a pipe is handed on as it comes. Byte
 * for byte, but for the line's end, LF or CRLF. Not by node:readline, which ends a line also at U+2028, U+2029 and a lone
 * CR, all of which a message may hold, and puts U+FFFD in the place of what is no UTF-8.
 * @param path `-` for standard input
 * @throws {Fault} `input_unreadable`, `input_line_too_long`, `input_not_utf8`
 */
export async function* readLines(path: string): AsyncGenerator<Line[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const input = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 262_144 });
  let rest: Buffer = Buffer.alloc(0);
  let number = 0;

  function take(bytes: Buffer): Line[] {
    number += 1;
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    if (end > lineBytesMax) throw refused(path, number, 'input_line_too_long', 'is longer than the 1 MiB of a message');
    if (end === 0) return [];
    try {
      return [{ number, text: decoder.decode(bytes.subarray(0, end)) }];
    } catch {
      throw refused(path, number, 'input_not_utf8', 'is no UTF-8, and a message is text');
    }
  }

  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      const lines: Line[] = [];
      let from = 0;
      let fault: unknown;
      try {
        for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, from)) {
          lines.push(...take(Buffer.concat([rest, chunk.subarray(from, at)])));
          rest = Buffer.alloc(0);
          from = at + 1;
        }
        rest = Buffer.concat([rest, chunk.subarray(from)]);
        // One more, as it may be the CR of a CRLF.
        if (rest.length > lineBytesMax + 1) take(rest);
      } catch (error) {
        fault = error;
      }
      // Those before a faulty line are good.
      if (lines.length > 0) yield lines;
      if (fault !== undefined) throw fault;
    }
  } catch (error) {
    throw error instanceof Fault ? error : unreadable(path, error);
  }
  const last = rest.length > 0 ? take(rest) : [];
  if (last.length > 0) yield last;
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

function refused(path: string, number: number, code: string, what: string): Fault {
  return new Fault(code, `line ${number} of ${nameOf(path)} ${what}`, { heals: false, details: { line: number } });
}

function unreadable(path: string, error: unknown): Fault {
  const cause = (error as NodeJS.ErrnoException).code ?? 'unknown';
  return new Fault('input_unreadable', `cannot read ${nameOf(path)} (${cause})`, {
    heals: false,
    advice: 'Name a file that this user may read, or - for standard input.',
    details: { cause },
  });
}
