import { toFault } from '@masque/fault';
import { exitStatus } from '@masque/stage';
import { createProgram } from './program.ts';

// `masque … | head` closes our output; that is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : exitStatus.failed),
);

try {
  await createProgram().parseAsync();
} catch (error) {
  const fault = toFault(error);
  process.stderr.write(`masque: ${fault.toLine()}\n`);
  process.exitCode =
    fault.code === 'internal' ? exitStatus.internal : fault.heals ? exitStatus.failed : exitStatus.config;
}
