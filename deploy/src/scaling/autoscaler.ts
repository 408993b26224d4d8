/**
 * KEDA and the HorizontalPodAutoscaler that it makes, as their documents and sources have them.
 *
 *     0 replicas ──some trigger above nothing, at a look──▶ 1 ──the autoscaler, every 15 s──▶ 1 … max
 *          ◀──every trigger at nothing for the cooldown──
 *
 * The autoscaler wants, of each trigger, its value over its target, rounded up, and takes the largest; within a tenth of
 * the target it leaves things as they are. Going up, it wants no more than the least of what it wanted over the window,
 * going down no less than the most; how fast it gets there is limited by the policy that allows most.
 */
import { type Direction, type Rules, targetOf } from './rules.ts';

/** Kubernetes: --horizontal-pod-autoscaler-sync-period and -tolerance. */
const syncEveryS = 15;
const tolerance = 0.1;

export interface Autoscaler {
  readonly replicas: number;
  /** @param values of the rules' triggers, in their order */
  look(nowS: number, values: readonly number[]): void;
}

interface Event {
  readonly atS: number;
  readonly change: number;
}

export function createAutoscaler(rules: Rules): Autoscaler {
  let replicas = 0;
  let workSeenAtS = -Infinity;
  let nextPollS = 0;
  let nextSyncS = 0;
  let wishes: { readonly atS: number; readonly wish: number }[] = [];
  let events: Event[] = [];

  /** The autoscaler's own steps. KEDA's, from and to nothing, are none, and its policies do not count them. */
  function scaleTo(nowS: number, next: number): void {
    if (next !== replicas) events.push({ atS: nowS, change: next - replicas });
    replicas = next;
  }

  function poll(nowS: number, values: readonly number[]): void {
    if (values.some((value) => value > 0)) {
      workSeenAtS = nowS;
      if (replicas === 0) {
        replicas = 1;
        wishes = [];
      }
    } else if (nowS - workSeenAtS >= rules.cooldownS) replicas = 0;
  }

  function sync(nowS: number, values: readonly number[]): void {
    const wish = Math.min(
      rules.maxReplicas,
      Math.max(1, ...rules.triggers.map((each, at) => wanted(values[at] ?? 0, targetOf(each)))),
    );
    wishes.push({ atS: nowS, wish });
    const longest = Math.max(rules.up.stabilizationWindowSeconds, rules.down.stabilizationWindowSeconds);
    wishes = wishes.filter(({ atS }) => atS >= nowS - longest);
    const within = (seconds: number): number[] =>
      wishes.filter(({ atS }) => atS >= nowS - seconds).map((each) => each.wish);
    const least = Math.min(...within(rules.up.stabilizationWindowSeconds));
    const most = Math.max(...within(rules.down.stabilizationWindowSeconds));
    if (least > replicas) scaleTo(nowS, Math.min(least, ceiling(nowS)));
    else if (most < replicas) scaleTo(nowS, Math.max(most, floor(nowS)));
  }

  function wanted(value: number, target: number): number {
    const ratio = value / (target * replicas);
    return Math.abs(ratio - 1) <= tolerance ? replicas : Math.ceil(value / target);
  }

  function ceiling(nowS: number): number {
    return Math.max(
      ...rules.up.policies.map(({ type, value, periodSeconds }) => {
        const before = replicas - changed(nowS, periodSeconds, 1);
        return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
      }),
    );
  }

  function floor(nowS: number): number {
    return Math.min(
      ...rules.down.policies.map(({ type, value, periodSeconds }) => {
        const before = replicas - changed(nowS, periodSeconds, -1);
        return type === 'Pods' ? before - value : Math.floor(before * (1 - value / 100));
      }),
    );
  }

  /** How many came (1) or went (-1) in the last period. */
  function changed(nowS: number, periodS: number, sign: 1 | -1): number {
    const recent = events.filter(({ atS, change }) => atS > nowS - periodS && Math.sign(change) === sign);
    return recent.reduce((sum, { change }) => sum + change, 0);
  }

  return {
    get replicas() {
      return replicas;
    },
    look(nowS, values) {
      if (nowS >= nextPollS) {
        nextPollS = nowS + rules.pollingIntervalS;
        poll(nowS, values);
      }
      if (nowS >= nextSyncS) {
        nextSyncS = nowS + syncEveryS;
        if (replicas > 0) sync(nowS, values);
        events = events.filter(({ atS }) => atS > nowS - longestPeriod(rules.up, rules.down));
      }
    },
  };
}

function longestPeriod(...directions: readonly Direction[]): number {
  return Math.max(...directions.flatMap(({ policies }) => policies.map(({ periodSeconds }) => periodSeconds)));
}
