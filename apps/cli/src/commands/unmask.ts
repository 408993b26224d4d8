import { appendFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { Fault } from '@masque/fault';
import { keyPaths } from '@masque/key-files';
import { openUnmasker } from '@masque/keyring';
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
        await record(dir, {
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

/** One line a call, without values, beside the custodian's keys. What cannot be recorded is not answered. */
async function record(dir: string, entry: Readonly<Record<string, unknown>>): Promise<void> {
  const file = join(dirname(keyPaths(dir).custodian.unmask), 'audit.jsonl');
  const line = JSON.stringify({ at: new Date().toISOString(), user: userInfo().username, ...entry });
  await appendFile(file, `${line}\n`, { mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
    throw new Fault('audit_unwritable', `cannot write ${file}, so nothing is unmasked`, {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      details: { cause: error.code ?? 'unknown' },
    });
  });
}
