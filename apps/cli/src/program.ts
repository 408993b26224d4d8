import { exitStatus } from '@masque/stage';
import { Command, type CommanderError } from 'commander';
import { auditCommand } from './commands/audit.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { demoCommand } from './commands/demo.ts';
import { duplicatesCommand } from './commands/duplicates.ts';
import { eraseCommand } from './commands/erase.ts';
import { keysCommand } from './commands/keys.ts';
import { lookupCommand } from './commands/lookup.ts';
import { maskCommand } from './commands/mask.ts';
import { migrateCommand } from './commands/migrate.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { redriveCommand } from './commands/redrive.ts';
import { redisAclCommand } from './commands/redis-acl.ts';
import { rekeyCommand } from './commands/rekey.ts';
import { sendCommand } from './commands/send.ts';
import { statusCommand } from './commands/status.ts';
import { unmaskCommand } from './commands/unmask.ts';
import { verifyCommand } from './commands/verify.ts';
import { statusHelp } from './exit-status.ts';

/** As `masque --help` lists them: what they are for, each in a line. */
const groups: Readonly<Record<string, readonly (readonly [() => Command, string])[]>> = {
  'To see it work:': [
    [demoCommand, 'run the whole pipeline on this machine'],
    [sendCommand, 'send the lines of a file as messages'],
    [statusCommand, 'show where messages are'],
  ],
  'To set it up:': [
    [keysCommand, 'make keys'],
    [migrateCommand, 'create or widen what is missing in PostgreSQL'],
    [redisAclCommand, 'print the users that Redis is to have'],
    [dashboardCommand, 'make the dashboard’s password'],
  ],
  'For the custodian:': [
    [unmaskCommand, 'recover values from tokens'],
    [verifyCommand, 'check tokens, and that messages and rows agree'],
    [maskCommand, 'show the token of a value'],
    [lookupCommand, 'show the rows of a value'],
    [duplicatesCommand, 'show which tokens repeat'],
    [eraseCommand, 'erase a person’s value'],
    [rekeyCommand, 'exchange one key’s tokens for another’s'],
    [quarantineCommand, 'see, replay or discard what could not be loaded'],
    [redriveCommand, 'move messages back from a dead-letter queue'],
    [auditCommand, 'check the record of what was looked at'],
  ],
};

export function createProgram(): Command {
  const program = new Command('masque')
    .description('SQS to PostgreSQL with the personal fields masked: one row per event, exactly once.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this; also after a command')
    .helpCommand(false)
    .showHelpAfterError('Run with --help for the options.')
    .addHelpText(
      'after',
      `
Settings are environment variables, listed in .env.example. While \`npm start\`
runs, commands given in the same folder use its servers where none is set.

${statusHelp}`,
    );
  for (const [group, commands] of Object.entries(groups)) {
    for (const [create, summary] of commands) program.addCommand(create().summary(summary).helpGroup(group));
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap((each) => each.commands)]) {
    command.exitOverride(leave).helpCommand(false);
    if (command !== program)
      command.helpOption('-h, --help', 'print this').showHelpAfterError('Run with --help for the options.');
  }
  return program;
}

/** Commander exits with 1 for wrong usage; sysexits.h has a number of its own for it. */
function leave(error: CommanderError): never {
  process.exit(error.exitCode === 0 ? exitStatus.ok : exitStatus.usage);
}
