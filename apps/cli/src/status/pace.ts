import type { CountedReplica } from '@masque/job-queue';
import type { Look } from './look.ts';

/** Messages a second; undefined where two looks at one replica are not at hand. */
export interface Pace {
  readonly received: number | undefined;
  readonly masked: number | undefined;
  readonly loaded: number | undefined;
  readonly deleted: number | undefined;
}

/** What each is counted by, in the replicas' own metrics. */
const counters: Readonly<Record<keyof Pace, readonly string[]>> = {
  received: ['masque_extractor_received_messages_total'],
  masked: ['masque_masker_masked_records_total', 'masque_masker_rejected_messages_total'],
  loaded: ['masque_loader_loaded_rows_total', 'masque_loader_quarantined_messages_total'],
  deleted: ['masque_extractor_deleted_messages_total'],
};

/**
 * The difference of what each replica has counted over the time between, by Redis's clock, summed over those that are
 * in both looks: one that has come or gone meanwhile tells nothing of its pace.
 */
export function paceOf(before: readonly CountedReplica[], after: readonly CountedReplica[]): Pace {
  const earlier = new Map(before.map((replica) => [`${replica.stage}/${replica.replica}`, replica]));
  const rate = (names: readonly string[]): number | undefined => {
    const rates = after.flatMap((replica) => {
      const then = earlier.get(`${replica.stage}/${replica.replica}`);
      const counted = sum(replica, names);
      if (then === undefined || then.at >= replica.at || counted === undefined) return [];
      // A counter that went back is another process under the same name.
      const difference = counted - (sum(then, names) ?? 0);
      return difference < 0 ? [] : [(difference * 1_000) / (replica.at - then.at)];
    });
    return rates.length === 0 ? undefined : rates.reduce((total, each) => total + each, 0);
  };
  return {
    received: rate(counters.received),
    masked: rate(counters.masked),
    loaded: rate(counters.loaded),
    deleted: rate(counters.deleted),
  };
}

/** A metric's series, over its labels; undefined when the replica says nothing of any. */
function sum({ figures }: CountedReplica, names: readonly string[]): number | undefined {
  const series = Object.entries(figures).filter(([name]) => names.includes(name.replace(/\{.*$/, '')));
  return series.length === 0 ? undefined : series.reduce((total, [, value]) => total + value, 0);
}

export interface Backlog {
  /** In SQS, those in the stages' hands included, which are hidden there until they are settled. Approximate. */
  readonly messages: number;
  /** At the pace of deleting, if nothing more is sent; undefined when nothing is being deleted. */
  readonly drainS: number | undefined;
}

/** Undefined when SQS does not tell. */
export function backlogOf({ sqs }: Look, { deleted = 0 }: Pace): Backlog | undefined {
  if ('fault' in sqs) return undefined;
  const messages = sqs.value.visible + sqs.value.inFlight + sqs.value.delayed;
  if (messages === 0) return { messages, drainS: 0 };
  return { messages, drainS: deleted === 0 ? undefined : messages / deleted };
}
