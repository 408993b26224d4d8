import { channel } from 'node:diagnostics_channel';

/** Points of the protocol at which a crash must be harmless; see the extractor's. Nobody subscribes in production. */
export const points = {
  /** PostgreSQL has committed, and nobody knows it yet. */
  committed: channel('masque:loader:committed'),
  /** The receipts are in Redis, and the job they came from not yet done. */
  settled: channel('masque:loader:settled'),
};
