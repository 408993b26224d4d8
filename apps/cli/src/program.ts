import { exitStatus } from '@masque/stage';
import { Command, type CommanderError } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { demoCommand } from './commands/demo.ts';
import { keysCommand } from './commands/keys.ts';
import { migrateCommand } from './commands/migrate.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { redriveCommand } from './commands/redrive.ts';
import { sendCommand } from './commands/send.ts';
import { statusCommand } from './commands/status.ts';
import { unmaskCommand } from './commands/unmask.ts';

const commands = [
  demoCommand,
  sendCommand,
  statusCommand,
  migrateCommand,
  keysCommand,
  unmaskCommand,
  quarantineCommand,
  redriveCommand,
  auditCommand,
];

export function createProgram(): Command {
  const program = new Command('masque')
    .description('SQS to PostgreSQL with the personal fields masked: one row per event, exactly once.')
    .version('0.1.0')
    .showHelpAfterError('Run with --help for the options.')
    .addHelpText(
      'after',
      `
Settings are environment variables, listed in .env.example. While \`npm start\` runs, commands
given in the same folder use its servers where a variable is not set.

Exit status: 0 done, 1 failed, 64 wrong usage, 70 a defect, 78 a wrong setting, right or key file.`,
    );
  for (const command of commands) program.addCommand(command());
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) {
    command.exitOverride(leave);
  }
  return program;
}

/** Commander exits with 1 for wrong usage; sysexits.h has a number of its own for it. */
function leave(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? exitStatus.ok : exitStatus.usage);
}
