import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Fault } from '@masque/fault';
import { Command } from 'commander';
import { openQueue } from '../queue.ts';
import { readPipeline } from '../environment.ts';
import { count, remark, say, sayJson } from '../output/terminal.ts';

/** Lines sent in one go: bounds what is held of a long input. */
const chunk = 1_000;

export function sendCommand(): Command {
  return new Command('send')
    .description('Send the lines of a file to the source queue, one message a line, byte for byte.')
    .requiredOption('--file <path>', 'the file, or - for standard input')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly file: string; readonly json?: true }) => {
      const queue = openQueue(await readPipeline());
      try {
        let sent = 0;
        for await (const lines of readLines(options.file)) {
          await queue.send(lines);
          sent += lines.length;
          if (process.stderr.isTTY) process.stderr.write(`\r${count(sent)} sent `);
        }
        if (process.stderr.isTTY) process.stderr.write('\r');
        if (sent === 0) remark('masque: the input holds no line');
        if (options.json) sayJson({ sent });
        else say(`${count(sent)} messages sent`);
      } finally {
        queue.close();
      }
    });
}

/** Non-empty lines, in chunks. @throws {Fault} `input_unreadable` */
export async function* readLines(path: string): AsyncGenerator<string[]> {
  const input = path === '-' ? process.stdin : createReadStream(path);
  let lines: string[] = [];
  try {
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      if (line !== '') lines.push(line);
      if (lines.length >= chunk) {
        yield lines;
        lines = [];
      }
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('input_unreadable', `cannot read ${path}`, {
      heals: false,
      setting: '--file',
      details: { cause: (error as NodeJS.ErrnoException).code ?? 'unknown' },
    });
  }
  if (lines.length > 0) yield lines;
}
