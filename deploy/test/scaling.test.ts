import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parts, sqsInFlightMax } from '../src/scaling/limits.ts';
import { loads } from '../src/scaling/loads.ts';
import { measured } from '../src/scaling/measured.ts';
import { page } from '../src/scaling/page.ts';
import { plot } from '../src/scaling/plot.ts';
import { simulate } from '../src/scaling/simulate.ts';
import { summarize } from '../src/scaling/summary.ts';
import { readWorld } from '../src/scaling/world.ts';
import { repository } from './overlay.ts';

const world = readWorld();
const stages = ['extractor', 'masker', 'loader'] as const;
const runs = loads.map((load) => ({ name: load.name, load, moments: simulate(world, load) }));

describe.each(runs)('$name', ({ load, moments }) => {
  it('drains within a minute of its end, and then leaves no replica', () => {
    const { drainedAfterS, emptyAfterS } = summarize(load, moments);
    expect(drainedAfterS).toBeLessThan(60);
    expect(emptyAfterS).toBeLessThan(600);
    expect(moments[0]?.replicas).toEqual({ extractor: 0, masker: 0, loader: 0 });
  });

  it('never falls two minutes behind, and is within a quarter of one nearly always', () => {
    const { peakLagS, lateS } = summarize(load, moments);
    expect(peakLagS).toBeLessThan(120);
    expect(lateS / load.quietFromS).toBeLessThan(0.15);
  });

  it('does not thrash: nothing that was started in the last ten minutes is stopped, but when there is no work', () => {
    for (const stage of stages) {
      const changes = moments.slice(1).map(({ replicas }, at) => replicas[stage] - (moments[at]?.replicas[stage] ?? 0));
      for (const [at, change] of changes.entries()) {
        const isGoingToRest = moments[at + 1]?.replicas[stage] === 0;
        const startedLately = changes.slice(Math.max(0, at - 599), at).some((each) => each > 0);
        expect(change < 0 && !isGoingToRest && startedLately).toBe(false);
      }
    }
  });

  it('loads what was sent, all of it, in order of amounts', () => {
    const sent = moments.reduce((sum, { rate }) => sum + rate, 0);
    const loaded = moments.reduce((sum, { loadedRate }) => sum + loadedRate, 0);
    expect(loaded / sent).toBeCloseTo(1, 6);
    expect(Math.max(...moments.map(({ inFlight }) => inFlight))).toBeLessThan(sqsInFlightMax);
  });
});

it('would show too few replicas, rules that thrash, and a stage that never wakes', () => {
  const [step] = loads;
  if (step === undefined) throw new Error('no load');
  const few = { ...world, rules: { ...world.rules, loader: { ...world.rules.loader, maxReplicas: 1 } } };
  expect(summarize(step, simulate(few, step)).peakLagS).toBeGreaterThan(600);

  const nervous = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  } as const;
  const rules = {
    ...world.rules,
    masker: { ...world.rules.masker, down: { ...nervous, policies: [...nervous.policies] } },
  };
  expect(summarize(step, simulate({ ...world, rules }, step)).turnsAnHour.masker).toBeGreaterThan(30);

  const deaf = { ...world, rules: { ...world.rules, loader: { ...world.rules.loader, triggers: [] } } };
  expect(summarize(step, simulate(deaf, step)).drainedAfterS).toBe(Infinity);
});

it('knows the narrowest part first', () => {
  const all = parts(measured);
  expect(all.map(({ full }) => full)).toEqual(all.map(({ full }) => full).toSorted((a, b) => a - b));
  expect(parts({ ...measured, postgresCpuUs: 1_000 })[0]?.name).toBe('PostgreSQL, its cores');
});

it('docs/scaling.md and its plots are what `npm run scaling` writes now', () => {
  const docs = join(repository, 'docs');
  const text = readFileSync(join(docs, 'scaling.md'), 'utf8');
  const summaries = runs.map(({ load, moments }) => summarize(load, moments));
  expect(page(text, summaries, parts(measured))).toBe(text);
  for (const { load, moments } of runs) {
    expect(plot(load, moments)).toBe(readFileSync(join(docs, 'scaling', `${load.name}.svg`), 'utf8'));
  }
});
