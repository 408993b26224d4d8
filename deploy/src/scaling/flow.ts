/**
 * Messages on their way, as amounts: what is visible in SQS, what waits or is worked on in each stage, what is loaded.
 *
 *     sent ─▶ visible ─extractor, gate, in-flight limit─▶ extracted ─masker─▶ masked ─loader, PostgreSQL─▶ loaded
 *
 * Never more in flight than SQS allows, never more batches behind the extractor than BACKLOG_MAX, with the gate's
 * hysteresis; while no masker or no loader is ready, one batch is let through (apps/extractor/src/gate.ts).
 */
import { sqsInFlightMax } from './limits.ts';
import type { Stage } from './rules.ts';

export interface FlowSettings {
  readonly backlogMax: number;
  readonly batchMax: number;
  readonly hands: Readonly<Record<'masker' | 'loader', number>>;
  /** Messages a second of one replica. */
  readonly rates: Readonly<Record<Stage, number>>;
}

export interface Flow {
  readonly visible: number;
  readonly inFlight: number;
  /** Sent and loaded since the beginning. */
  readonly sent: number;
  readonly loaded: number;
  /** Batches: waiting for a hand, and in one. */
  waiting(stage: 'masker' | 'loader', ready: number): number;
  working(stage: 'masker' | 'loader', ready: number): number;
  advance(seconds: number, rate: number, ready: Readonly<Record<Stage, number>>): void;
}

export function createFlow({ backlogMax, batchMax, hands, rates }: FlowSettings): Flow {
  let [sent, loaded, visible, extracted, masked] = [0, 0, 0, 0, 0];
  let isFull = false;
  const batches = (stage: 'masker' | 'loader'): number => (stage === 'masker' ? extracted : masked) / batchMax;
  const working = (stage: 'masker' | 'loader', ready: number): number => Math.min(batches(stage), ready * hands[stage]);

  function receivable(ready: Readonly<Record<Stage, number>>): number {
    const behind = extracted + masked;
    const most = backlogMax * batchMax;
    isFull = behind >= most || (isFull && behind > most / 2);
    if (ready.masker === 0 || ready.loader === 0) return Math.max(0, batchMax - behind);
    return isFull ? 0 : Math.min(most, sqsInFlightMax) - behind;
  }

  return {
    get visible() {
      return visible;
    },
    get inFlight() {
      return extracted + masked;
    },
    get sent() {
      return sent;
    },
    get loaded() {
      return loaded;
    },
    waiting: (stage, ready) => batches(stage) - working(stage, ready),
    working,
    advance(seconds, rate, ready) {
      const can = (stage: Stage): number => ready[stage] * rates[stage] * seconds;
      const done = Math.min(masked, can('loader'));
      const handed = Math.min(extracted, can('masker'));
      const received = Math.min(visible, can('extractor'), receivable(ready));
      sent += rate * seconds;
      visible += rate * seconds - received;
      extracted += received - handed;
      masked += handed - done;
      loaded += done;
    },
  };
}
