/**
 * Who a message was when it was first sent. A message that is sent again, out of the quarantine or out of a dead-letter
 * queue, gets a new id and a new SentTimestamp from SQS; this message attribute keeps the old ones, and the ledger goes
 * by them. So however often it is sent again, it is loaded once, on the day it was first sent.
 *
 * Anyone who may send to the queue may set it. The worst that does: they load a message of their own once where they
 * had sent it twice, for ids of messages still to come cannot be known.
 */
export interface Origin {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly sentAt: number;
}

export const originAttribute = 'masque-origin';

export function writeOrigin({ id, sentAt }: Origin): string {
  return `${sentAt} ${id}`;
}

/** SQS keeps a message 14 days, a dead-letter queue as long again; a quarantine entry is replayed within this. */
const oldestMs = 400 * 86_400_000;

/** Undefined for what `writeOrigin` has not written, and for times that no message can be of. */
export function readOrigin(text: string | undefined, now = Date.now()): Origin | undefined {
  const [, time = '', id = ''] = /^(\d{13}) ([!-~]{1,128})$/.exec(text ?? '') ?? [];
  const sentAt = Number(time);
  return id === '' || sentAt > now + 86_400_000 || sentAt < now - oldestMs ? undefined : { id, sentAt };
}
