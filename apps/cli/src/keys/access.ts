import { Fault } from '@masque/fault';
import { createKeyAccess, type KeyAccess, type RoleAccess } from '@masque/key-files';
import { createKms } from '@masque/kms';
import { readEnvironment, settings } from '../environment.ts';
import { askSecret, canAsk } from '../input/secret.ts';

type Access = Required<{ readonly [Role in keyof RoleAccess]: KeyAccess }>;

let known: Access | undefined;

/**
 * What opens the key files of each role: asked for in a terminal, where no setting says it, and once a command however
 * many files it reads.
 */
export function roleAccess(): Access {
  return (known ??= createAccess());
}

function createAccess(): Access {
  const set = readEnvironment(settings.passphrases);
  const kms = keyService();
  return {
    custodian: createKeyAccess({
      setting: 'MASQUE_PASSPHRASE_FILE',
      file: set.MASQUE_PASSPHRASE_FILE,
      text: set.MASQUE_PASSPHRASE,
      ask: asker('custodian'),
      kms,
    }),
    masker: createKeyAccess({
      setting: 'MASQUE_MASKER_PASSPHRASE_FILE',
      file: set.MASQUE_MASKER_PASSPHRASE_FILE,
      text: set.MASQUE_MASKER_PASSPHRASE,
      ask: asker('masker'),
      kms,
    }),
  };
}

/** For keys that are to be made: typed twice, or empty for none. */
export async function newPassphrase(): Promise<KeyAccess> {
  const set = readEnvironment(settings.passphrases);
  return createKeyAccess({
    setting: 'MASQUE_PASSPHRASE_FILE',
    file: set.MASQUE_PASSPHRASE_FILE,
    text: set.MASQUE_PASSPHRASE,
    ask: canAsk() ? askTwice : undefined,
    kms: keyService(),
  });
}

function keyService() {
  const { AWS_REGION: region, AWS_ENDPOINT_URL_KMS: endpoint } = readEnvironment(settings.kms);
  return createKms({ region, endpoint });
}

async function askTwice(): Promise<string | undefined> {
  const passphrase = await askSecret('Passphrase for custodian/ (empty for none): ');
  if (passphrase === undefined || passphrase === (await askSecret('The same again: '))) return passphrase;
  throw new Fault('passphrase_mistyped', 'the two passphrases are not the same', {
    heals: true,
    advice: 'Nothing was made. Begin again.',
  });
}

function asker(folder: string): (() => Promise<string | undefined>) | undefined {
  return canAsk() ? () => askSecret(`Passphrase of ${folder}/: `) : undefined;
}

/** The custodian's alone, for commands that change no key. */
export function custodianAccess(): KeyAccess {
  return roleAccess().custodian;
}
