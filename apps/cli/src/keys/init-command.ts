import type { Closing, KeyAccess, KeyDescription } from '@masque/key-files';
import { initKeys, requireNoKeys, signerOf } from '@masque/keyring';
import { Command } from 'commander';
import { hasSetting, readEnvironment, readPipeline, settings } from '../environment.ts';
import { say, sayJson, table } from '../output/terminal.ts';
import { newPassphrase, roleAccess } from './access.ts';
import { aKmsKey } from './kms-key.ts';

interface InitFlags {
  readonly dir?: string;
  readonly custodianKms?: string;
  readonly maskerKms?: string;
  readonly privateKey?: string;
  readonly json?: true;
}

export function initCommand(): Command {
  return new Command('init')
    .description('Make a set of keys, in one folder by role: extractor/, masker/, custodian/.')
    .option('--dir <folder>', 'where to make them (default: MASQUE_KEYS_DIR, else keys)')
    .option('--custodian-kms <kms:key>', 'close custodian/ with this key of AWS KMS', aKmsKey)
    .option('--masker-kms <kms:key>', 'close masker/ with this key of AWS KMS', aKmsKey)
    .option('--private-key <kms:key>', 'the RSA pair that AWS KMS keeps; no file holds its private half', aKmsKey)
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Secrets in custodian/ are closed with the passphrase of MASQUE_PASSPHRASE_FILE or
MASQUE_PASSPHRASE, or with one that is asked for in a terminal; those in masker/
with that of MASQUE_MASKER_PASSPHRASE_FILE or MASQUE_MASKER_PASSPHRASE. Without
any they stand open in files that only their owner may read.`,
    )
    .action(async (flags: InitFlags) => {
      const dir = flags.dir ?? readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const pipeline = await readPipeline();
      await requireNoKeys(dir);
      const { access, closing } = await choose(flags);
      const keys = await initKeys(dir, pipeline, { access, closing, privateKey: flags.privateKey });
      const signer = (await signerOf(dir)) ?? '';
      if (flags.json) sayJson({ dir, keys, signer, closing });
      else sayKeys(dir, keys, signer);
    });
}

/** How secrets are to stand, and with what they are closed. */
async function choose({ custodianKms, maskerKms }: InitFlags) {
  const given = roleAccess();
  const custodian = custodianKms === undefined ? await newPassphrase() : given.custodian;
  const masker = hasSetting('MASQUE_MASKER_PASSPHRASE') || hasSetting('MASQUE_MASKER_PASSPHRASE_FILE');
  return {
    access: { custodian, masker: given.masker },
    closing: {
      custodian: await closingOf(custodian, custodianKms),
      masker: masker || maskerKms !== undefined ? await closingOf(given.masker, maskerKms) : ('open' as const),
    },
  };
}

async function closingOf(access: KeyAccess, kms: string | undefined): Promise<Closing> {
  if (kms !== undefined) return { kms };
  return (await access.passphrase?.()) === undefined ? 'open' : 'passphrase';
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
