import { Command } from 'commander';
import { checkCommand } from '../keys/check-command.ts';
import { initCommand } from '../keys/init-command.ts';
import { destroyCommand, promoteCommand, retireCommand } from '../keys/life-commands.ts';
import { listCommand } from '../keys/list-command.ts';
import { rotateCommand } from '../keys/rotate-command.ts';
import { signCommand } from '../keys/sign-command.ts';

export function keysCommand(): Command {
  const command = new Command('keys').description('Make keys, and lead them through their lives.').addHelpText(
    'after',
    `
A key’s life: rotate makes it PENDING; brought to every masker, promote makes it
PRIMARY and the one before it ENABLED, which opens old tokens; retire makes that
one DISABLED, destroy takes its secret away. Each is recorded in the audit log.`,
  );
  for (const create of [
    initCommand,
    listCommand,
    rotateCommand,
    promoteCommand,
    retireCommand,
    destroyCommand,
    checkCommand,
    signCommand,
  ]) {
    command.addCommand(create());
  }
  return command;
}
