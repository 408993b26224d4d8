import { openFinder, recordAudit } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { readValue, valueDescription } from '../input/value.ts';
import { say, sayJson } from '../output/terminal.ts';
import { columnsOf } from '../tokens/columns.ts';
import { custodianAccess } from '../keys/access.ts';

interface Flags {
  readonly field: string;
  readonly reason: string;
  readonly json?: true;
}

/** Recorded like a look-up, which it is: with the token in hand the table shows the person. */
export function maskCommand(): Command {
  return new Command('mask')
    .description('Show the token that a value is masked with now. Every call is recorded.')
    .argument('<value>', valueDescription)
    .requiredOption('--field <name>', 'the field whose value it is')
    .option('--reason <text>', 'why; recorded', '')
    .option('--json', 'print one JSON object')
    .action(async (given: string, { field, reason, json }: Flags) => {
      const pipeline = await readPipeline();
      columnsOf(pipeline, field);
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const { token, key } = (await openFinder(dir, pipeline, custodianAccess())).mask(field, await readValue(given));
      const kids = key === undefined ? [] : [key.kid];
      await recordAudit(dir, { verb: 'mask', reason, count: 1, fields: [field], kids });
      if (json) sayJson({ field, token, ...(key === undefined ? {} : { kid: key.kid }) });
      else say(token ?? 'NULL');
    });
}
