import { type KeyDescription, keyMethods, keyUses } from '@masque/key-files';
import { rotateKey } from '@masque/keyring';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readEnvironment, settings } from '../environment.ts';
import { aReason } from '../input/reason.ts';
import { say, sayJson } from '../output/terminal.ts';
import { roleAccess } from './access.ts';
import { aKmsKey } from './kms-key.ts';

interface RotateOptions {
  readonly use: KeyDescription['use'];
  readonly method?: KeyDescription['method'];
  readonly bits?: number;
  readonly privateKey?: string;
  readonly reason: string;
  readonly json?: true;
}

export function rotateCommand(): Command {
  return new Command('rotate')
    .description('Make a PENDING key of the same method and size as the one in use. Nothing uses it yet.')
    .addOption(new Option('--use <use>', 'what the key is for').choices(keyUses).default('mask'))
    .addOption(new Option('--method <method>', 'of which method, where keys of several are in use').choices(keyMethods))
    .option('--bits <number>', 'of which size, where RSA keys of several are in use', aSize)
    .option('--private-key <kms:key>', 'the RSA pair that AWS KMS keeps for it', aKmsKey)
    .requiredOption('--reason <text>', 'why; recorded before the key is made', aReason)
    .option('--json', 'print one JSON object')
    .action(async ({ use, method, bits, privateKey, reason, json }: RotateOptions) => {
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const kind = { use, ...(method === undefined ? {} : { method }), ...(bits === undefined ? {} : { bits }) };
      const key = await rotateKey({ dir, kind, reason, access: roleAccess(), privateKey });
      if (json) return sayJson({ key });
      say(`made ${key.kid}, which is PENDING: ${key.method}, fingerprint ${key.fingerprint}`);
      say();
      say('What next:');
      say('  - Bring masker/ to every masker and restart them, so that each knows the key before any uses it.');
      say('  - Keep a copy of custodian/ in a safe place.');
      say(`  - masque keys promote ${key.kid} --reason …`);
    });
}

function aSize(text: string): number {
  if (!/^\d{4}$/.test(text)) throw new InvalidArgumentError('It is no size, such as 3072.');
  return Number(text);
}
