import { setTimeout as sleep } from 'node:timers/promises';
import { backoff, Fault, toFault } from '@masque/fault';
import { packBodies, refusalOf } from './body.ts';
import { safeName } from './failure.ts';
import type { Lanes } from './lanes.ts';
import type { SentBatch } from './queue-calls.ts';
import { isFinal } from './settle.ts';

export interface SendDeps {
  readonly lanes: Lanes;
  /** Sends the bodies of these places. */
  readonly sendBatch: (indexes: readonly number[]) => Promise<SentBatch>;
  /** Told after each request how many bodies SQS has taken so far. */
  readonly onSent?: ((count: number) => void) | undefined;
}

const attemptsMax = 5;

/**
 * Sends every body at least once and returns the message ids in the bodies' order. The first batch that cannot be sent
 * stops those that have not begun; the fault's `sent` says how many bodies SQS had taken when the rest had ended.
 */
export async function sendAll(bodies: readonly string[], { lanes, sendBatch, onSent }: SendDeps): Promise<string[]> {
  for (const [index, body] of bodies.entries()) {
    const reason = refusalOf(body);
    if (reason !== undefined) throw withSent(refused(index, reason), 0);
  }
  const ids = Array.from({ length: bodies.length }, () => '');
  const stop = new AbortController();
  let sent = 0;

  /** One request for these indexes; returns those to try again. */
  async function sendOnce(indexes: readonly number[]): Promise<readonly number[]> {
    const answer = await sendBatch(indexes);
    for (const [at, id] of answer.ids) ids[indexes[at] ?? -1] = id;
    sent += answer.ids.size;
    if (answer.ids.size > 0) onSent?.(sent);
    const final = answer.failed.find(({ code, senderFault }) => isFinal(code, senderFault));
    if (final !== undefined) throw refused(indexes[final.index] ?? -1, safeName(final.code));
    return indexes.filter((_, at) => !answer.ids.has(at));
  }

  async function sendUntilTaken(indexes: readonly number[]): Promise<void> {
    let left = indexes;
    for (let attempt = 1; left.length > 0 && !stop.signal.aborted; attempt += 1) {
      let fault = new Fault('sqs_failed', 'SQS kept failing entries of a batch', { heals: true });
      try {
        left = await sendOnce(left);
        if (left.length === 0) return;
      } catch (error) {
        fault = toFault(error);
      }
      if (fault.code === 'sqs_batch_too_long' && left.length > 1) {
        // SQS in some places and emulators allow a batch less than 1 MiB.
        const middle = left.length >> 1;
        await sendUntilTaken(left.slice(0, middle));
        return await sendUntilTaken(left.slice(middle));
      }
      if (!fault.heals || attempt === attemptsMax) throw fault;
      await sleep(backoff(attempt));
    }
  }

  const underWay = packBodies(bodies).map((indexes) =>
    lanes(() => sendUntilTaken(indexes).catch((error: unknown) => stop.abort(error))),
  );
  await Promise.all(underWay);
  if (stop.signal.aborted) throw withSent(toFault(stop.signal.reason), sent);
  return ids;
}

function refused(index: number, reason: string): Fault {
  return new Fault('sqs_body_refused', `SQS does not take body ${index}: ${reason}`, {
    heals: false,
    details: { index, reason },
  });
}

function withSent(fault: Fault, sent: number): Fault {
  const { heals, setting, advice, details } = fault;
  return new Fault(fault.code, fault.message, {
    heals,
    ...(setting === undefined ? {} : { setting }),
    ...(advice === undefined ? {} : { advice }),
    details: { ...details, sent },
  });
}
