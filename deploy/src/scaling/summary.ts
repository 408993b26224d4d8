import type { Load } from './loads.ts';
import type { Stage } from './rules.ts';
import type { Moment } from './simulate.ts';

/** What a run comes down to. */
export interface Summary {
  readonly name: Load['name'];
  readonly about: string;
  readonly peakRate: number;
  readonly peakLagS: number;
  /** Seconds in which the oldest message was older than a quarter of a minute. */
  readonly lateS: number;
  readonly peakVisible: number;
  readonly peakInFlight: number;
  readonly peakReplicas: Readonly<Record<Stage, number>>;
  /** Changes of direction, up to down or down to up, an hour of load. */
  readonly turnsAnHour: Readonly<Record<Stage, number>>;
  readonly replicaHours: Readonly<Record<Stage, number>>;
  /** Seconds from the last message sent to all loaded, and to no replica left. */
  readonly drainedAfterS: number;
  readonly emptyAfterS: number;
}

export function summarize(load: Load, moments: readonly Moment[]): Summary {
  const most = (of: (moment: Moment) => number): number =>
    moments.reduce((max, moment) => Math.max(max, of(moment)), 0);
  const after = (isOver: (moment: Moment) => boolean): number => {
    // The last moment that is not over yet: what comes and goes again is not at rest.
    const last = moments.findLastIndex((moment) => !isOver(moment));
    return last === moments.length - 1 ? Infinity : Math.max(0, last + 1 - load.quietFromS);
  };
  return {
    name: load.name,
    about: load.about,
    peakRate: most(({ rate }) => rate),
    peakLagS: most(({ lagS }) => lagS),
    lateS: moments.filter(({ lagS }) => lagS > 15).length,
    peakVisible: most(({ visible }) => visible),
    peakInFlight: most(({ inFlight }) => inFlight),
    peakReplicas: perStage((stage) => most(({ replicas }) => replicas[stage])),
    turnsAnHour: perStage((stage) => turns(moments, stage) / (load.quietFromS / 3_600)),
    replicaHours: perStage((stage) => moments.reduce((sum, { replicas }) => sum + replicas[stage], 0) / 3_600),
    drainedAfterS: after(({ visible, inFlight }) => visible < 1 && inFlight < 1),
    emptyAfterS: after(({ replicas }) => replicas.extractor + replicas.masker + replicas.loader === 0),
  };
}

function turns(moments: readonly Moment[], stage: Stage): number {
  const steps = moments
    .slice(1)
    .map(({ replicas }, at) => Math.sign(replicas[stage] - (moments[at]?.replicas[stage] ?? 0)));
  const moves = steps.filter((step) => step !== 0);
  return moves.slice(1).filter((move, at) => move !== moves[at]).length;
}

function perStage(of: (stage: Stage) => number): Record<Stage, number> {
  return { extractor: of('extractor'), masker: of('masker'), loader: of('loader') };
}
