import { hashPassword } from '@masque/password';
import { Command } from 'commander';
import { readNewPassword } from '../input/password.ts';
import { remark, say, sayJson } from '../output/terminal.ts';

export function dashboardCommand(): Command {
  return new Command('dashboard').description('Set up the dashboard’s log-in.').addCommand(
    new Command('password')
      .description('Ask for a password, or read one from a pipe, and print its hash for DASHBOARD_PASSWORD_HASH.')
      .option('--json', 'print one JSON object')
      .action(async (options: { readonly json?: true }) => {
        const hash = await hashPassword(await readNewPassword());
        if (options.json) return sayJson({ DASHBOARD_PASSWORD_HASH: hash });
        say(hash);
        if (process.stdout.isTTY) remark('Set DASHBOARD_PASSWORD_HASH to this where the dashboard runs.');
      }),
  );
}
