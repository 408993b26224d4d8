import { createAutoscaler } from './autoscaler.ts';
import { createFlow, type FlowSettings } from './flow.ts';
import type { Load } from './loads.ts';
import type { Rules, Stage, Trigger } from './rules.ts';

export interface World extends FlowSettings {
  readonly rules: Readonly<Record<Stage, Rules>>;
  /** From KEDA's wish to a replica at work: scheduling, and the stage's own start. */
  readonly podStartS: number;
  /** How old SQS's approximate counts are. */
  readonly sqsCountsAgeS: number;
}

/** The state at the end of a second. */
export interface Moment {
  readonly second: number;
  readonly rate: number;
  readonly loadedRate: number;
  readonly visible: number;
  readonly inFlight: number;
  /** Age of the oldest message that is not loaded. */
  readonly lagS: number;
  readonly replicas: Readonly<Record<Stage, number>>;
}

const stages: readonly Stage[] = ['extractor', 'masker', 'loader'];
/** A queue of 500 batches fills and empties within seconds. */
const ticksASecond = 10;

/** Plays a load against the rules, second by second. */
export function simulate(world: World, load: Load): Moment[] {
  const flow = createFlow(world);
  const scalers = perStage((stage) => createAutoscaler(world.rules[stage]));
  const crews = perStage(() => createCrew(world.podStartS));
  const moments: Moment[] = [];
  const sentBy: number[] = [];
  let oldest = 0;

  for (let second = 0; second < load.durationS; second += 1) {
    const rate = load.rate(second);
    const loadedBefore = flow.loaded;
    const ready = perStage((stage) => crews[stage].ready(second));
    for (let tick = 0; tick < ticksASecond; tick += 1) flow.advance(1 / ticksASecond, rate, ready);
    sentBy.push(flow.sent);
    const seen = moments[second - world.sqsCountsAgeS] ?? { visible: 0, inFlight: 0 };
    for (const stage of stages) {
      const values = world.rules[stage].triggers.map((trigger) => Math.floor(read(trigger, stage, ready)));
      scalers[stage].look(second, values);
      crews[stage].resize(second, scalers[stage].replicas);
    }
    // Less than a message is rounding.
    while ((sentBy[oldest] ?? Infinity) <= flow.loaded + 1) oldest += 1;
    moments.push({
      second,
      rate,
      loadedRate: flow.loaded - loadedBefore,
      visible: flow.visible,
      inFlight: flow.inFlight,
      lagS: second + 1 - oldest,
      replicas: perStage((stage) => scalers[stage].replicas),
    });

    function read(trigger: Trigger, stage: Stage, { masker, loader }: Record<Stage, number>): number {
      if (trigger.type === 'aws-sqs-queue') {
        return seen.visible + (trigger.metadata.scaleOnInFlight === 'true' ? seen.inFlight : 0);
      }
      const behind = stage === 'masker' ? 'masker' : 'loader';
      const hands = stage === 'masker' ? masker : loader;
      if (trigger.metadata.listName.endsWith(':wait')) return flow.waiting(behind, hands);
      return trigger.metadata.listName.endsWith(':active') ? Math.ceil(flow.working(behind, hands)) : 0;
    }
  }
  return moments;
}

/** Replicas of a stage, some of which still start. */
function createCrew(startS: number) {
  let readyAtS: number[] = [];
  return {
    ready: (nowS: number): number => readyAtS.filter((atS) => atS <= nowS).length,
    resize(nowS: number, replicas: number): void {
      // The youngest go first, as in a ReplicaSet.
      readyAtS = readyAtS.slice(0, replicas);
      while (readyAtS.length < replicas) readyAtS.push(nowS + startS);
    },
  };
}

function perStage<T>(make: (stage: Stage) => T): Record<Stage, T> {
  return { extractor: make('extractor'), masker: make('masker'), loader: make('loader') };
}
