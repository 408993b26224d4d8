import type { Fault } from '@masque/fault';
import { exitStatus, statusOf as stageStatusOf } from '@masque/stage/command';

/**
 * What is wrong with a token or a value that was given, told by a status each, so that a script knows without reading.
 * Above those of sysexits.h, which end at 78.
 */
const statuses: Readonly<Record<string, number>> = {
  not_confirmed: exitStatus.usage,
  value_missing: exitStatus.usage,
  field_not_masked: exitStatus.usage,
  token_malformed: 80,
  token_not_canonical: 81,
  token_forged: 82,
  token_wrong_field: 83,
  token_key_unknown: 84,
  already_masked: 85,
  token_irreversible: 86,
  token_erased: 87,
  token_entry_missing: 88,
  token_key_disabled: 89,
  token_key_destroyed: 90,
};

/** As `masque --help` lists them. */
export const statusHelp = `Exit status: 0 done; 1 failed, try again; 64 wrong usage; 65 a key file that
was not signed; 70 a defect; 77 a passphrase that does not open a key file;
78 a wrong setting, right or key file. Of tokens and values: 80 no token;
81 spelled as no masker spells it; 82 forged or altered; 83 of another field;
84 of a key that is not here; 85 masked already; 86 irreversible; 87 erased;
88 not in the vault; 89 of a key that was retired; 90 of one that was destroyed.
With --json the last line of standard output tells the fault.`;

export function statusOf(fault: Fault): number {
  return statuses[fault.code] ?? stageStatusOf(fault);
}
