import { describe, expect, it } from 'vitest';
import { createAutoscaler } from '../src/scaling/autoscaler.ts';
import type { Rules } from '../src/scaling/rules.ts';

const rules: Rules = {
  maxReplicas: 10,
  pollingIntervalS: 5,
  cooldownS: 60,
  triggers: [
    { type: 'redis', metadata: { listName: 'wait', listLength: 10 } },
    { type: 'redis', metadata: { listName: 'active', listLength: 1_000_000 } },
  ],
  up: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Pods', value: 3, periodSeconds: 30 }] },
  down: {
    stabilizationWindowSeconds: 120,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 50, periodSeconds: 60 }],
  },
};

describe('createAutoscaler', () => {
  it('wakes by any trigger, and rests when none has anything for the cooldown', () => {
    const scaler = createAutoscaler(rules);
    expect(play(scaler, 0, 30, [0, 0])).toEqual([0]);
    expect(play(scaler, 30, 600, [0, 1])).toEqual([0, 1]);
    const [, ...rest] = play(scaler, 600, 661, [0, 0]);
    expect(rest).toEqual([0]);
  });

  it('goes up to what is wanted, no faster than the policy, no further than the most', () => {
    const scaler = createAutoscaler(rules);
    // Wanted: 25. KEDA wakes one, and then it is three in any half a minute.
    expect(play(scaler, 0, 200, [250, 0])).toEqual([0, 4, 7, 10]);
  });

  it('stays within a tenth of the target', () => {
    const scaler = createAutoscaler(rules);
    play(scaler, 0, 60, [30, 0]);
    expect(scaler.replicas).toBe(3);
    expect(play(scaler, 60, 120, [32, 0])).toEqual([3]);
    expect(play(scaler, 120, 180, [34, 0])).toEqual([3, 4]);
  });

  it('goes down only to the most that the window wanted, and then by the policy', () => {
    const scaler = createAutoscaler(rules);
    play(scaler, 0, 60, [40, 0]);
    expect(scaler.replicas).toBe(4);
    expect(play(scaler, 60, 150, [1, 0])).toEqual([4]);
    // Half of four a minute, then half of two.
    expect(play(scaler, 150, 400, [1, 0])).toEqual([4, 2, 1]);
  });
});

/** The numbers of replicas that there were, in turn. */
function play(scaler: ReturnType<typeof createAutoscaler>, fromS: number, toS: number, values: number[]): number[] {
  const seen = [scaler.replicas];
  for (let second = fromS; second < toS; second += 1) {
    scaler.look(second, values);
    if (scaler.replicas !== seen.at(-1)) seen.push(scaler.replicas);
  }
  return seen;
}
