import { exitStatus } from '@masque/stage/command';
import { Command, type CommanderError } from 'commander';
import { statusHelp } from './exit-status.ts';

/** As `masque --help` lists them: what they are for, each in a line. */
const groups: Readonly<Record<string, readonly (readonly [name: string, summary: string])[]>> = {
  'To see it work:': [
    ['demo', 'run the whole pipeline on this machine'],
    ['send', 'send the lines of a file as messages'],
    ['status', 'show where messages are'],
  ],
  'To set it up:': [
    ['keys', 'make keys'],
    ['migrate', 'create or widen what is missing in PostgreSQL'],
    ['redis-acl', 'print the users that Redis is to have'],
    ['dashboard', 'make the dashboard’s password'],
  ],
  'For the custodian:': [
    ['unmask', 'recover values from tokens'],
    ['verify', 'check tokens, and that messages and rows agree'],
    ['mask', 'show the token of a value'],
    ['lookup', 'show the rows of a value'],
    ['duplicates', 'show which tokens repeat'],
    ['erase', 'erase a person’s value'],
    ['rekey', 'exchange one key’s tokens for another’s'],
    ['quarantine', 'see, replay or discard what could not be loaded'],
    ['redrive', 'move messages back from a dead-letter queue'],
    ['audit', 'check the record of what was looked at'],
  ],
};

/** Each with what it alone needs, which is loaded when it is given. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.ts')).demoCommand(),
  send: async () => (await import('./commands/send.ts')).sendCommand(),
  status: async () => (await import('./commands/status.ts')).statusCommand(),
  keys: async () => (await import('./commands/keys.ts')).keysCommand(),
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand(),
  'redis-acl': async () => (await import('./commands/redis-acl.ts')).redisAclCommand(),
  dashboard: async () => (await import('./commands/dashboard.ts')).dashboardCommand(),
  unmask: async () => (await import('./commands/unmask.ts')).unmaskCommand(),
  verify: async () => (await import('./commands/verify.ts')).verifyCommand(),
  mask: async () => (await import('./commands/mask.ts')).maskCommand(),
  lookup: async () => (await import('./commands/lookup.ts')).lookupCommand(),
  duplicates: async () => (await import('./commands/duplicates.ts')).duplicatesCommand(),
  erase: async () => (await import('./commands/erase.ts')).eraseCommand(),
  rekey: async () => (await import('./commands/rekey.ts')).rekeyCommand(),
  quarantine: async () => (await import('./commands/quarantine.ts')).quarantineCommand(),
  redrive: async () => (await import('./commands/redrive.ts')).redriveCommand(),
  audit: async () => (await import('./commands/audit.ts')).auditCommand(),
};

/** @param isWanted the commands that can be run; of the others there are the names. */
export async function createProgram(isWanted: (name: string) => boolean): Promise<Command> {
  const program = new Command('masque')
    .description('SQS to PostgreSQL with the personal fields masked: one row per event, exactly once.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this; also after a command')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .showHelpAfterError('Run with --help for the options.')
    .addHelpText(
      'after',
      `
Settings are environment variables, listed in .env.example. While \`npm start\`
runs, commands given in the same folder use its servers where none is set.

${statusHelp}`,
    );
  for (const [group, entries] of Object.entries(groups)) {
    for (const [name, summary] of entries) {
      const command = (isWanted(name) ? await commands[name]?.() : undefined) ?? new Command(name);
      program.addCommand(command.summary(summary).helpGroup(group));
    }
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
