import { Fault } from '@masque/fault';

export type KeyFileFault =
  | 'key_file_missing'
  | 'key_file_unreadable'
  | 'key_file_exposed'
  | 'key_file_malformed'
  | 'key_file_exists'
  | 'key_file_unwritable'
  | 'key_file_unsigned'
  | 'key_file_forged';

/** Every fault names the file and the setting that leads to it; none quotes what is in the file. */
export function keyFileFault(
  code: KeyFileFault,
  path: string,
  what: string,
  advice: string,
  details: Readonly<Record<string, string>> = {},
  setting = 'MASQUE_KEYS_DIR',
): Fault {
  return new Fault(code, `the key file ${path} ${what}`, {
    heals: false,
    setting,
    advice,
    details: { path, ...details },
  });
}

/** `EACCES`, `ENOENT`, …: the one thing of a file system's error that is worth keeping. */
export function errno(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]{1,20}$/.test(code) ? code : 'unknown';
}
