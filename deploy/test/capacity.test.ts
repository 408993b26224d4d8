import type { IScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import { queueName } from '@masque/handoff';
import { extracted } from '@masque/handoff-extracted';
import { masked } from '@masque/handoff-masked';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../src/manifest.ts';
import { sqsInFlightMax } from '../src/scaling/limits.ts';
import { readRules, targetOf } from '../src/scaling/rules.ts';
import { all, installations } from './overlay.ts';
import { environmentOf, podOf } from './pod.ts';
import { settingsOf } from './settings.ts';

describe.each(installations)('$folder', ({ manifests }) => {
  const rules = readRules(manifests);

  it.each([
    ['masker', extracted.name],
    ['loader', masked.name],
  ] as const)('%s scales by what waits in its queue, and stays for what is in work or delayed', (stage, handoff) => {
    const { MASQUE_PIPELINE: pipeline = '', REDIS_PREFIX: prefix } = settingsIn(manifests, stage);
    const queue = `${prefix}:${queueName(pipeline, handoff)}`;
    const [counting, ...keeping] = rules[stage].triggers;
    expect(rules[stage].triggers.map(({ metadata }) => metadata['listName'])).toEqual([
      `${queue}:wait`,
      `${queue}:active`,
      `${queue}:delayed`,
    ]);
    expectOutOfReach(keeping, backlogMax(manifests));
    expect(counting && targetOf(counting)).toBeLessThan(backlogMax(manifests));
  });

  it('the extractor scales by what is visible, and stays for what is in flight', () => {
    const [visible, inFlight, ...more] = rules.extractor.triggers;
    expect(visible?.metadata['scaleOnInFlight']).toBe('false');
    expect(inFlight?.metadata['scaleOnInFlight']).toBe('true');
    expect(more).toEqual([]);
    expect(rules.extractor.triggers.map(({ metadata }) => metadata['queueURLFromEnv'])).toEqual([
      'SQS_QUEUE_URL',
      'SQS_QUEUE_URL',
    ]);
    // Millions may be visible: beside those in flight, the second trigger counts them too.
    expectOutOfReach(rules.extractor.triggers.slice(1), 100_000_000);
  });

  it('never takes more connections than PostgreSQL grants, a roll-out included', () => {
    const loader = all<IScaledObject>(manifests, 'ScaledObject').find(({ metadata }) => metadata?.name === 'loader');
    const granted = Number(loader?.metadata?.annotations?.['postgres-connections']);
    const deployment = all<IDeployment>(manifests, 'Deployment').find(({ metadata }) => metadata?.name === 'loader');
    const { maxSurge, maxUnavailable } = deployment?.spec?.strategy?.rollingUpdate ?? {};
    const grace = podOf(manifests, 'loader').spec.terminationGracePeriodSeconds;
    expect(maxSurge).toBe(0);
    // So those that end are gone before others are asked to.
    expect(deployment?.spec?.minReadySeconds).toBeGreaterThanOrEqual(grace ?? Infinity);
    const most = rules.loader.maxReplicas + Number(maxUnavailable);
    expect(most * Number(settingsIn(manifests, 'loader')['LOAD_CONCURRENCY'])).toBeLessThanOrEqual(granted);
  });

  it('lets so many batches in that the stages behind can come to their most replicas', () => {
    const busy = (['masker', 'loader'] as const).map((stage) => {
      const settings = settingsIn(manifests, stage);
      const hands = Number(settings[stage === 'masker' ? 'MASK_CONCURRENCY' : 'LOAD_CONCURRENCY']);
      const [counting] = rules[stage].triggers;
      return {
        waiting: rules[stage].maxReplicas * (counting ? targetOf(counting) : Infinity),
        working: rules[stage].maxReplicas * hands,
      };
    });
    // One of them is the narrow place; the other works, and nothing waits for it.
    const working = busy.reduce((sum, each) => sum + each.working, 0);
    const waiting = Math.max(...busy.map((each) => each.waiting));
    expect(working + waiting).toBeLessThanOrEqual(backlogMax(manifests));
  });

  it('keeps what is in flight under what SQS allows on a queue', () => {
    const { BATCH_MAX: batch } = settingsIn(manifests, 'extractor');
    expect(backlogMax(manifests) * Number(batch)).toBeLessThan(sqsInFlightMax);
  });
});

/** A stage's settings as its pods have them, defaults included. */
function settingsIn(manifests: readonly Manifest[], stage: string): Record<string, string | undefined> {
  const defaults = settingsOf(stage).map(({ name, fallback }) => [name, fallback]);
  return { ...Object.fromEntries(defaults), ...environmentOf(manifests, podOf(manifests, stage)) };
}

function backlogMax(manifests: readonly Manifest[]): number {
  return Number(settingsIn(manifests, 'extractor')['BACKLOG_MAX']);
}

/** Targets that never ask for a second replica, since no more than `most` can be there. */
function expectOutOfReach(triggers: Parameters<typeof targetOf>[0][], most: number): void {
  expect(triggers.length).toBeGreaterThan(0);
  for (const trigger of triggers) expect(targetOf(trigger)).toBeGreaterThan(most);
}
