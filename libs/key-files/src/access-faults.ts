import { Fault } from '@masque/fault';
import type { KeyAccess } from './access.ts';

export function passphraseMissing(path: string, access: KeyAccess | undefined): Fault {
  return new Fault('passphrase_missing', `the key file ${path} is closed with a passphrase, and none is given`, {
    heals: false,
    setting: access?.setting ?? 'MASQUE_PASSPHRASE_FILE',
    advice: 'Give it in a file that only its owner reads, or in the variable of the same name without _FILE.',
    details: { path },
  });
}

export function passphraseWrong(path: string, access: KeyAccess | undefined): Fault {
  return new Fault('passphrase_wrong', `the passphrase does not open the key file ${path}`, {
    heals: false,
    setting: access?.setting ?? 'MASQUE_PASSPHRASE_FILE',
    advice: 'It is another one, or the file was altered. Nothing was written.',
    details: { path },
  });
}

export function kmsMissing(path: string): Fault {
  return new Fault('kms_missing', `the key file ${path} is closed by a key service, and none is at hand`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'This is a defect in Masque: whoever reads that file has to be given one.',
    details: { path },
  });
}
