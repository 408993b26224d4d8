import { toFault } from '@masque/fault';
import { exitStatus, statusOf } from '@masque/stage';
import { createProgram } from './program.ts';

// `masque … | head` closes our output: what is left to say goes unheard, and that is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = exitStatus.failed;
  });
}

try {
  await createProgram().parseAsync();
} catch (error) {
  const fault = toFault(error);
  process.stderr.write(`masque: ${fault.toLine()}\n`);
  process.exitCode = statusOf(fault);
}
