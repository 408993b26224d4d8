import { Fault } from '@masque/fault';
import type { KeyAccess } from './access.ts';
import { readPrivateText } from './read.ts';

/**
 * The passphrase in a file: its first line, as an editor leaves it.
 * @throws {Fault} `passphrase_file_…`, for the reasons for which a key file is refused: missing, unreadable, exposed
 */
export async function readPassphraseFile(path: string, setting: string): Promise<string> {
  const text = await readPrivateText(path).catch((error: unknown) => {
    if (!(error instanceof Fault)) throw error;
    throw new Fault(
      error.code.replace('key_file', 'passphrase_file'),
      error.message.replace('key file', 'passphrase file'),
      {
        heals: false,
        setting,
        advice: error.code === 'key_file_exposed' ? (error.advice ?? '') : 'Name a file that holds the passphrase.',
        details: { path },
      },
    );
  });
  const [line = ''] = text.split(/\r?\n/);
  if (line !== '') return line;
  throw new Fault('passphrase_file_malformed', `the passphrase file ${path} begins with an empty line`, {
    heals: false,
    setting,
    advice: 'Put the passphrase into its first line.',
    details: { path },
  });
}

export interface PassphraseSource {
  /** Of the file; without _FILE it is the passphrase's own. */
  readonly setting: string;
  readonly file: string | undefined;
  readonly text: string | undefined;
  /** Where both are missing: a person. Asked once. */
  readonly ask?: (() => Promise<string | undefined>) | undefined;
  readonly kms?: KeyAccess['kms'] | undefined;
}

/** The file wins over the variable, and both over asking. */
export function createKeyAccess({ setting, file, text, ask, kms }: PassphraseSource): KeyAccess {
  let asked: Promise<string | undefined> | undefined;
  const read = async (): Promise<string | undefined> => {
    if (file !== undefined) return readPassphraseFile(file, setting);
    return text ?? ask?.();
  };
  return { setting, passphrase: () => (asked ??= read()), ...(kms === undefined ? {} : { kms }) };
}
