import { openUnmasker, recordAudit } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { say, sayJson, table } from '../output/terminal.ts';

export function unmaskCommand(): Command {
  return new Command('unmask')
    .description('Recover values from tokens, with the custodian’s private key. Every call is recorded.')
    .argument('<token...>', 'tokens as they stand in the table')
    .requiredOption('--reason <text>', 'why; recorded before the answer is shown')
    .option('--field <name>', 'the field they must be of')
    .option('--json', 'print one JSON object')
    .action(
      async (
        tokens: readonly string[],
        options: { readonly reason: string; readonly field?: string; readonly json?: true },
      ) => {
        const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
        const unmasker = await openUnmasker(dir, await readPipeline());
        const values = tokens.map((token) => unmasker.unmask(token, options.field));
        await recordAudit(dir, {
          verb: 'unmask',
          count: values.length,
          reason: options.reason,
          kids: [...new Set(values.map(({ kid }) => kid))],
        });
        if (options.json) sayJson({ values });
        else
          say(
            table(
              values.map(({ field, value }) => [field, value]),
              '',
            ),
          );
      },
    );
}
