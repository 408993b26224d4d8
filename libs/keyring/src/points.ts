import { channel } from 'node:diagnostics_channel';

/** Points of a change at which a kill must be harmless; see `change.ts`. Nobody subscribes in production. */
export const points = {
  /** Told what comes next: `record`, `decide`, `write <file>`, `finish`. */
  step: channel('masque:keyring:step'),
};
