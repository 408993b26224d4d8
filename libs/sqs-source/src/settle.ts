import { type Fault, toFault } from '@masque/fault';
import { entriesMax } from './body.ts';
import { safeName } from './failure.ts';
import type { Lanes } from './lanes.ts';
import type { EntryFailure } from './transport.ts';

/** A receipt whose message was not deleted or changed. */
export interface DeleteFailure {
  readonly receipt: string;
  /** SQS's code of the entry, or the fault's when its whole request failed. */
  readonly code: string;
  /** Retrying cannot help: the receipt is void (`ReceiptHandleIsInvalid`), or the message no longer in flight. */
  readonly final: boolean;
  /** Why the whole request failed; `fault.heals` says whether retrying makes sense without somebody's help. */
  readonly fault?: Fault;
}

/**
 * Runs a batch call over any number of receipts, ten at a time, and returns what failed. It never throws: by the time
 * a request fails others have gone through, and only a list can say which receipts are still to be settled.
 */
export async function settleInTens(
  receipts: readonly string[],
  lanes: Lanes,
  call: (receipts: readonly string[]) => Promise<EntryFailure[]>,
): Promise<DeleteFailure[]> {
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < receipts.length; at += entriesMax) batches.push(receipts.slice(at, at + entriesMax));
  const failures = await Promise.all(batches.map((batch) => lanes(() => settleBatch(batch, call))));
  return failures.flat();
}

async function settleBatch(
  batch: readonly string[],
  call: (receipts: readonly string[]) => Promise<EntryFailure[]>,
): Promise<DeleteFailure[]> {
  try {
    const failed = await call(batch);
    return failed.flatMap(({ index, code, senderFault }) => {
      const receipt = batch[index];
      return receipt === undefined ? [] : [{ receipt, code: safeName(code), final: isFinal(code, senderFault) }];
    });
  } catch (error) {
    const fault = toFault(error);
    return batch.map((receipt) => ({ receipt, code: fault.code, final: false, fault }));
  }
}

/** Throttles are booked as the sender's fault, but pass. */
export function isFinal(code: string, senderFault: boolean): boolean {
  return senderFault && !/Throttl|OverLimit|Internal|Unavailable/.test(code);
}
