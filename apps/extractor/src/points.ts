import { channel } from 'node:diagnostics_channel';

/**
 * Points of the protocol at which a crash must be harmless. Publishing to a channel that nobody subscribes to costs
 * nothing; `npm run chaos` subscribes from a preloaded module and ends the process there.
 */
export const points = {
  /** Messages are received, and in no batch yet. */
  received: channel('masque:extractor:received'),
  /** A batch is in Redis. */
  sent: channel('masque:extractor:sent'),
  /** A settled batch is taken, and nothing of it deleted yet. */
  settling: channel('masque:extractor:settling'),
  /** Deleted from SQS, and the job that said so not yet done. */
  deleted: channel('masque:extractor:deleted'),
};
