import { channel } from 'node:diagnostics_channel';

/** Moments at which a kill must be harmless; see the table in `rekey.ts`. Nobody subscribes in production. */
export const points = {
  recorded: channel('masque:rekey:recorded'),
  translated: channel('masque:rekey:translated'),
  aliased: channel('masque:rekey:aliased'),
  paired: channel('masque:rekey:paired'),
  rewritten: channel('masque:rekey:rewritten'),
  counted: channel('masque:rekey:counted'),
  dropped: channel('masque:rekey:dropped'),
  /** Of the vault alone; see `rekey-vault.ts`. */
  exchanged: channel('masque:rekey:exchanged'),
};
