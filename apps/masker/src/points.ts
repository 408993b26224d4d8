import { channel } from 'node:diagnostics_channel';

/** Points of the protocol at which a crash must be harmless; see the extractor's. Nobody subscribes in production. */
export const points = {
  /** A batch is masked, and nothing of it in Redis yet. */
  masked: channel('masque:masker:masked'),
  /** The masked batch is in Redis, and the job it came from not yet done. */
  handed: channel('masque:masker:handed'),
};
