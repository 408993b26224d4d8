/**
 * One receive loop.
 *
 *     gated ──gate open──▶ polling ──messages──▶ gated …
 *                             └──fault──▶ backing off ──▶ gated …
 *
 * A long poll is never aborted: SQS may have hidden the messages it was about to answer with, and nobody would see
 * them for the whole visibility timeout. So `stop` lets the current poll end and hands on what it brings.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoff, type Fault, toFault } from '@masque/fault';
import type { SourceMessage, SqsSource } from '@masque/sqs-source';
import type { Gate } from './gate.ts';
import type { Portion } from './portion.ts';

export interface PollerDeps {
  readonly source: Pick<SqsSource, 'receive'>;
  readonly gate: Pick<Gate, 'whenOpen'>;
  readonly portion: Portion;
  readonly onMessages: (messages: readonly SourceMessage[], receivedAt: number) => void;
  readonly onFault: (fault: Fault) => void;
}

export interface Poller {
  /** Resolves after `stop`, once the last poll has ended. */
  run(): Promise<void>;
  stop(): void;
}

export function createPoller({ source, gate, portion, onMessages, onFault }: PollerDeps): Poller {
  const stopped = new AbortController();
  return {
    async run() {
      let failures = 0;
      while (!stopped.signal.aborted) {
        await gate.whenOpen();
        if (stopped.signal.aborted) return;
        try {
          const messages = await source.receive({ max: portion.next() });
          failures = 0;
          portion.received(messages.map(({ body }) => body));
          if (messages.length > 0) onMessages(messages, Date.now());
        } catch (error) {
          failures += 1;
          onFault(toFault(error));
          await sleep(backoff(failures), undefined, { signal: stopped.signal }).catch(() => {});
        }
      }
    },
    stop: () => stopped.abort(),
  };
}
