import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { lengthPrefixed } from './lengths.ts';
import { type MaskKeys, secretOf } from './keys.ts';

/**
 * Who a message was when it was first sent. A message that is sent again, out of the quarantine or out of a dead-letter
 * queue, gets a new id and a new SentTimestamp from SQS; an origin carries the first ones, and the ledger goes by them.
 * So however often it is sent again, it is loaded once, on the day it was first sent.
 *
 * An origin is signed, with a key that the masker and the custodian derive from the mask keys they share:
 *
 *     text = sentAt " " id " " base64url(HMAC-SHA256(K_origin, lp(pipeline) || lp(id) || lp(sentAt)))
 *     K_origin = HKDF-SHA256(PRF secret, no salt, info "masque/origin/v1", 32 bytes)
 *
 * Unsigned, whoever may send to the queue could take another's id: the ledger would know it, and drop and delete the
 * message it belongs to.
 */
export interface Origin {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly sentAt: number;
}

export interface OriginKeys {
  sign(this: void, origin: Origin): string;
  /** Undefined for what no holder of these keys has signed for this pipeline. */
  verify(this: void, text: string): Origin | undefined;
}

/** Signs with a PRIMARY key, which every masker knows, and takes what any of the keys has signed. */
export function createOriginKeys(pipeline: string, keys: MaskKeys): OriginKeys {
  const primaryFirst = keys.toSorted((a, b) => Number(b.status === 'PRIMARY') - Number(a.status === 'PRIMARY'));
  const secrets = primaryFirst.map((key) => Buffer.from(hkdfSync('sha256', secretOf(key), '', 'masque/origin/v1', 32)));
  const macs = (id: string, sentAt: number): Buffer[] =>
    secrets.map((secret) =>
      createHmac('sha256', secret)
        .update(lengthPrefixed(pipeline, id, String(sentAt)))
        .digest(),
    );

  return {
    sign({ id, sentAt }) {
      const [mac = Buffer.alloc(0)] = macs(id, sentAt);
      return `${sentAt} ${id} ${mac.toString('base64url')}`;
    },
    verify(text) {
      const [, time = '', id = '', signature = ''] = /^(\d{1,15}) ([!-~]{1,128}) ([\w-]{43})$/.exec(text) ?? [];
      if (id === '') return undefined;
      const sentAt = Number(time);
      const given = Buffer.from(signature, 'base64url');
      return macs(id, sentAt).some((mac) => timingSafeEqual(mac, given)) ? { id, sentAt } : undefined;
    },
  };
}
