import { Fault, toFault } from '@masque/fault';
import { Command } from 'commander';
import { readPipeline } from '../environment.ts';
import { type Line, readLines } from '../input/lines.ts';
import { clearProgress, plural, progress, remark, say, sayJson } from '../output/terminal.ts';
import { openQueue } from '../queue.ts';

export function sendCommand(): Command {
  return new Command('send')
    .description('Send the lines of a file to the source queue, one message a line, byte for byte.')
    .requiredOption('--file <path>', 'the file, or - for standard input')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly file: string; readonly json?: true }) => {
      const queue = openQueue(await readPipeline());
      if (options.file === '-' && process.stdin.isTTY) remark('One message a line; Ctrl-D ends.');
      let sent = 0;
      let lines: readonly Line[] = [];
      try {
        for await (lines of readLines(options.file)) {
          await queue.send(lines.map(({ text }) => text));
          sent += lines.length;
          progress(`${plural(sent, 'message')} sent`);
        }
      } catch (error) {
        throw withPlace(toFault(error), lines, sent);
      } finally {
        clearProgress();
        queue.close();
      }
      if (sent === 0) remark('masque: the input holds no line');
      if (options.json) sayJson({ sent });
      else say(`${plural(sent, 'message')} sent`);
    });
}

/** Which line it was, and how many messages SQS has by now: what to send again is the sender's to know. */
function withPlace(fault: Fault, lines: readonly Line[], before: number): Fault {
  const { index, reason, sent } = fault.details;
  const line = typeof index === 'number' ? lines[index]?.number : undefined;
  const total = before + (typeof sent === 'number' ? sent : 0);
  const what = line === undefined ? fault.message : `SQS does not take line ${line} (${reason})`;
  return new Fault(fault.code, total === 0 ? what : `${what}; ${plural(total, 'message')} were sent before`, {
    heals: fault.heals,
    ...(fault.setting === undefined ? {} : { setting: fault.setting }),
    ...(fault.advice === undefined ? {} : { advice: fault.advice }),
    details: { ...fault.details, sent: total, ...(line === undefined ? {} : { line }) },
  });
}
