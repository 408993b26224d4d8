import type { KeyDescription } from '@masque/key-files';
import { initKeys } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { say, sayJson, table } from '../output/terminal.ts';

export function keysCommand(): Command {
  return new Command('keys').description('Keys: make them.').addCommand(
    new Command('init')
      .description('Make a set of keys, in one folder by role: extractor/, masker/, custodian/.')
      .option('--dir <folder>', 'where to make them (default: MASQUE_KEYS_DIR, else keys)')
      .option('--json', 'print one JSON object')
      .action(async (options: { readonly dir?: string; readonly json?: true }) => {
        const dir = options.dir ?? readEnvironment(settings.keys).MASQUE_KEYS_DIR;
        const keys = await initKeys(dir, await readPipeline());
        if (options.json) sayJson({ dir, keys });
        else sayKeys(dir, keys);
      }),
  );
}

function sayKeys(dir: string, keys: readonly KeyDescription[]): void {
  say(`Keys made in ${dir}:`);
  say(
    table([
      ['kid', 'use', 'method', 'fingerprint'],
      ...keys.map((key) => [key.kid, key.use, key.method, key.fingerprint]),
    ]),
  );
  say();
  say('Give each stage only its own folder. custodian/ opens every token and every quarantined body:');
  say('keep it away from the machines that run the stages, and keep a copy, for nothing else opens them.');
}
