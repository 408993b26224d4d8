import { Fault, toFault } from '@masque/fault';
import { openUnmasker, recordAudit, type Unmasked } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { aReason } from '../input/reason.ts';
import { say, sayJson, table } from '../output/terminal.ts';

export function unmaskCommand(): Command {
  return new Command('unmask')
    .description('Recover values from tokens, with the custodian’s private key. Every call is recorded.')
    .argument('<token...>', 'tokens as they stand in the table')
    .requiredOption('--reason <text>', 'why; recorded before the answer is shown', aReason)
    .option('--field <name>', 'the field they must be of')
    .option('--json', 'print one JSON object')
    .action(
      async (
        tokens: readonly string[],
        options: { readonly reason: string; readonly field?: string; readonly json?: true },
      ) => {
        const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
        const unmasker = await openUnmasker(dir, await readPipeline());
        const unmaskOne = async (token: string, at: number): Promise<Unmasked> => {
          try {
            return await unmasker.unmask(token, options.field);
          } catch (error) {
            throw tokens.length === 1 ? error : withPlace(toFault(error), at + 1, tokens.length);
          }
        };
        const values = await Promise.all(tokens.map((token, at) => unmaskOne(token, at)));
        await recordAudit(dir, {
          verb: 'unmask',
          count: values.length,
          reason: options.reason,
          fields: [...new Set(values.map(({ field }) => field))],
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

/** One bad token among many: nothing is answered, so that what is recorded is what was asked. */
function withPlace(fault: Fault, place: number, count: number): Fault {
  return new Fault(fault.code, `token ${place} of ${count}: ${fault.message}`, {
    heals: fault.heals,
    ...(fault.setting === undefined ? {} : { setting: fault.setting }),
    ...(fault.advice === undefined ? {} : { advice: fault.advice }),
    details: { ...fault.details, place },
  });
}
