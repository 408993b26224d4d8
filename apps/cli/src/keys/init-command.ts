import type { KeyDescription } from '@masque/key-files';
import { initKeys, openSigner } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { say, sayJson, table } from '../output/terminal.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('Make a set of keys, in one folder by role: extractor/, masker/, custodian/.')
    .option('--dir <folder>', 'where to make them (default: MASQUE_KEYS_DIR, else keys)')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly dir?: string; readonly json?: true }) => {
      const dir = options.dir ?? readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const keys = await initKeys(dir, await readPipeline());
      const signer = (await openSigner(dir))?.publicKey ?? '';
      if (options.json) sayJson({ dir, keys, signer });
      else sayKeys(dir, keys, signer);
    });
}

function sayKeys(dir: string, keys: readonly KeyDescription[], signer: string): void {
  say(`Keys made in ${dir}:`);
  say(
    table([
      ['kid', 'use', 'method', 'fingerprint'],
      ...keys.map((key) => [key.kid, key.use, key.method, key.fingerprint]),
    ]),
  );
  say();
  say('What next:');
  say(
    '  - Give each stage only its own folder: extractor/ to the extractor, masker/ to the masker. The loader needs none.',
  );
  say('  - Keep custodian/ away from the machines that run them: it opens every token and every quarantined body.');
  say('  - Keep a copy of custodian/ in a safe place: nothing else opens what is made with these keys.');
  say('  - Where the stages are deployed, and not in their folders, pin who signs their key files:');
  say(`    MASQUE_KEYS_SIGNER=${signer}`);
  say(`  - Set MASQUE_KEYS_DIR=${dir} where the stages run, and make the tables with \`masque migrate\`.`);
}
