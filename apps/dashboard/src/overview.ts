import type { QueueDepth, Replica } from '@masque/job-queue';
import type { PutAside } from '@masque/postgres-sink';
import { type Condition, conditionsOf } from './conditions.ts';

export const stageNames = ['extractor', 'masker', 'loader'] as const;
export type StageName = (typeof stageNames)[number];

/** The arrows of the picture, in the way of a message. */
export const arrowNames = ['extracted', 'masked', 'settled'] as const;
export type ArrowName = (typeof arrowNames)[number];

/** What the page shows, once a second. Numbers that nobody tells are null. */
export interface Overview {
  /** Epoch seconds. */
  readonly at: number;
  readonly pipeline: string;
  /** Since when this dashboard has looked; what was before it does not know. */
  readonly since: number;
  readonly redis: Reach;
  readonly postgres: Reach;
  /** Messages, by SQS's own approximate count. */
  readonly sqs: { readonly visible: number; readonly inFlight: number; readonly delayed: number } | null;
  readonly stages: readonly StageView[];
  readonly arrows: readonly ArrowView[];
  readonly latency: { readonly p50: number | null; readonly p99: number | null };
  /** Share of values whose token was remembered. */
  readonly memo: number | null;
  readonly quarantine: {
    readonly held: Readonly<Record<string, number>>;
    readonly heldIsCut: boolean;
    readonly newest: readonly PutAside[];
    /** Messages a minute, and their share of all that were placed; over the last half minute. */
    readonly perMinute: number | null;
    readonly share: number | null;
  };
  readonly conditions: readonly Condition[];
}

/** `ok`, or the code of the fault that stood in the way. */
export interface Reach {
  readonly code: string;
  /** When it last answered, epoch seconds; null for never. */
  readonly answered: number | null;
}

export interface StageView {
  readonly name: StageName;
  readonly replicas: number;
  readonly working: number;
  /** States other than working, with how many replicas are in them. */
  readonly others: Readonly<Record<string, number>>;
  /** Messages a second. */
  readonly rate: number | null;
  /** A minute. */
  readonly retries: number | null;
}

export interface ArrowView extends QueueDepth {
  readonly name: ArrowName;
  /** Since its oldest batch was put there, seconds; null when it is empty. */
  readonly oldest: number | null;
  /** For how long batches have been there and none has moved, seconds. */
  readonly still: number;
}

export type Facts = Omit<Overview, 'conditions'>;

export function withConditions(facts: Facts): Overview {
  return { ...facts, conditions: conditionsOf(facts) };
}

export function stageView(
  name: StageName,
  replicas: readonly Replica[],
  numbers: Pick<StageView, 'rate' | 'retries'>,
): StageView {
  const states = replicas.filter(({ stage }) => stage === name).map(({ state }) => state);
  const others: Record<string, number> = {};
  for (const state of states) if (state !== 'working') others[state] = (others[state] ?? 0) + 1;
  return {
    name,
    replicas: states.length,
    working: states.filter((state) => state === 'working').length,
    others,
    ...numbers,
  };
}
