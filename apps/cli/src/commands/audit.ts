import { verifyAudit } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, settings } from '../environment.ts';
import { count, say, sayJson } from '../output/terminal.ts';

export function auditCommand(): Command {
  return new Command('audit').description('The record of what the custodian has looked at.').addCommand(
    new Command('verify')
      .description('Find an entry that was changed, taken out or moved.')
      .option('--json', 'print one JSON object')
      .action(async (options: { readonly json?: true }) => {
        const { entries } = await verifyAudit(readEnvironment(settings.keys).MASQUE_KEYS_DIR);
        if (options.json) sayJson({ entries, whole: true });
        else say(`${count(entries)} entries, the chain is whole`);
      }),
  );
}
