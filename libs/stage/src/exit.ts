import type { Fault } from '@masque/fault';

/** Exit statuses, after sysexits.h, which supervisors and people can tell apart. */
export const exitStatus = {
  /** Stopped as asked, with everything handed back. */
  ok: 0,
  /** Something failed while running. */
  failed: 1,
  /** EX_USAGE: the command line is wrong. */
  usage: 64,
  /** EX_DATAERR: a key file that the custodian has not signed. */
  forged: 65,
  /** EX_SOFTWARE: a defect in Masque. */
  internal: 70,
  /** EX_NOPERM: a passphrase or a key service that does not open a key file. */
  closed: 77,
  /** EX_CONFIG: a setting, a right or a key file is wrong, and waiting mends none of these. */
  config: 78,
} as const;

const forgeries: ReadonlySet<string> = new Set(['key_file_forged', 'key_file_unsigned']);

const closures: ReadonlySet<string> = new Set(['passphrase_missing', 'passphrase_wrong', 'kms_refused']);

/** What a fault that ends a process ends it with. */
export function statusOf({ code, heals }: Fault): number {
  if (code === 'internal') return exitStatus.internal;
  if (forgeries.has(code)) return exitStatus.forged;
  if (closures.has(code)) return exitStatus.closed;
  return heals ? exitStatus.failed : exitStatus.config;
}
