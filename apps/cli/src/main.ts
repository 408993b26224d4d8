import { toFault } from '@masque/fault';
import { exitStatus } from '@masque/stage/command';
import { statusOf } from './exit-status.ts';
import { sayJson } from './output/terminal.ts';
import { createProgram } from './program.ts';

// `masque … | head` closes our output: what is left to say goes unheard, and that is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = exitStatus.failed;
  });
}

// Arguments may hold a value to look up, and everybody on the machine may list them.
process.title = 'masque';

try {
  const given = process.argv.slice(2).find((word) => !word.startsWith('-'));
  await (await createProgram((name) => name === given)).parseAsync();
} catch (error) {
  const fault = toFault(error);
  process.stderr.write(`masque: ${fault.toLine()}\n`);
  if (process.argv.includes('--json')) sayJson({ fault: fault.toJSON() });
  process.exitCode = statusOf(fault);
}
