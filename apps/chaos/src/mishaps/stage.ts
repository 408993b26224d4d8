import { setTimeout as sleep } from 'node:timers/promises';
import { type StageName, stages } from '@masque/local-pipeline';
import type { Arena } from '../arena.ts';
import { signal, stopAwake } from '../crew.ts';
import { defineMishap, type Mishap } from '../mishap.ts';
import { poisonSettings } from '../poison.ts';
import { isFrozen } from '../processes.ts';

/** The points that each stage publishes, in the order of a message's way. */
const points: Readonly<Record<StageName, readonly string[]>> = {
  extractor: ['received', 'sent', 'settling', 'deleted'],
  masker: ['masked', 'handed'],
  loader: ['committed', 'settled'],
};

/** A replica that nobody gives work to comes to no point. */
const pointWithinMs = 8_000;

const killed = (stage: StageName): Mishap =>
  defineMishap({
    name: `${stage}:kill`,
    strikes: [stage],
    draw: (random) => ({ replica: random.between(1, 9) }),
    async run({ crew }, { replica }) {
      const victim = await crew.take(stage, replica);
      await victim.stop('SIGKILL');
      await crew.replace(victim).whenReady();
      return 'killed one, started another';
    },
  });

const terminated = (stage: StageName): Mishap =>
  defineMishap({
    name: `${stage}:term`,
    strikes: [stage],
    draw: (random) => ({ replica: random.between(1, 9) }),
    async run(arena, { replica }) {
      const victim = await arena.crew.take(stage, replica);
      const began = performance.now();
      const status = await victim.stop('SIGTERM');
      const tookMs = Math.round(performance.now() - began);
      await arena.crew.replace(victim).whenReady();
      if (status !== 0) arena.complaints.push(`a ${stage} ended with status ${status ?? 'none'} on SIGTERM`);
      return `stopped one within ${tookMs} ms, started another`;
    },
  });

const frozen = (stage: StageName): Mishap =>
  defineMishap({
    name: `${stage}:freeze`,
    strikes: [stage],
    // Longer than a lock in a quick run too: a lock does not scale.
    draw: (random, scale) => ({
      replica: random.between(1, 9),
      ms: 4_000 + Math.round(random.between(1_000, 8_000) * scale),
    }),
    async run({ crew, lockMs }, { replica, ms }) {
      const victim = await crew.take(stage, replica);
      signal(victim.pid, 'SIGSTOP');
      await sleep(ms);
      signal(victim.pid, 'SIGCONT');
      crew.giveBack(victim);
      return `stood still for ${ms} ms, with locks of ${lockMs} ms`;
    },
  });

const killedAt = (stage: StageName, point: string): Mishap =>
  defineMishap({
    name: `${stage}:kill@${point}`,
    strikes: [stage],
    draw: (random) => ({ nth: random.between(1, 3) }),
    async run({ crew }, { nth }) {
      const victim = crew.extra(stage, poisonSettings({ point: `masque:${stage}:${point}`, nth }));
      const ended = victim.ended.then(() => true);
      if (await Promise.race([ended, sleep(pointWithinMs, false)])) return `killed one at its passage ${nth}`;
      await victim.stop('SIGKILL');
      return `no passage ${nth} within ${pointWithinMs / 1_000} s: killed anywhere`;
    },
  });

const frozenAt = (stage: StageName, point: string): Mishap =>
  defineMishap({
    name: `${stage}:freeze@${point}`,
    strikes: [stage],
    draw: (random, scale) => ({
      nth: random.between(1, 3),
      ms: 4_000 + Math.round(random.between(1_000, 8_000) * scale),
    }),
    async run({ crew }, { nth, ms }) {
      const victim = crew.extra(stage, poisonSettings({ point: `masque:${stage}:${point}`, nth, signal: 'SIGSTOP' }));
      const until = Date.now() + pointWithinMs;
      while (!isFrozen(victim.pid) && Date.now() < until) await sleep(20);
      const reached = isFrozen(victim.pid);
      if (reached) await sleep(ms);
      signal(victim.pid, 'SIGCONT');
      // What it does when it wakes is the point: give it time for it.
      await sleep(1_000);
      await stopAwake(victim);
      return reached ? `stood still for ${ms} ms at its passage ${nth}` : `no passage ${nth} came`;
    },
  });

const clockSetBack = defineMishap({
  name: 'clock:set-back',
  strikes: [],
  draw: (random, scale) => ({
    stage: random.pick(stages),
    backMs: random.pick([5_000, 60_000, 3_600_000]),
    ms: Math.round(random.between(4_000, 8_000) * Math.max(scale, 0.5)),
  }),
  async run(arena, { stage, backMs, ms }) {
    const victim = arena.crew.extra(stage, poisonSettings({ clockSetBackMs: backMs, clockAfterMs: 2_500 }));
    // Before that it has no ear for a SIGTERM.
    await victim.whenReady();
    await sleep(ms);
    await expectOrderly(arena, `a ${stage} whose clock was set back`, victim.stop());
    return `one ${stage}'s clock went back by ${backMs / 1_000} s`;
  },
});

const rollingRestart = defineMishap({
  name: 'all:rolling-restart',
  strikes: ['extractor', 'masker', 'loader'],
  draw: (random) => ({ order: random.shuffled(stages).join(' ') }),
  async run(arena, { order }) {
    let restarted = 0;
    for (const stage of order.split(' ') as StageName[]) {
      for (const victim of arena.crew.takeAll(stage)) {
        await expectOrderly(arena, `a ${stage} in a rolling restart`, victim.stop());
        await arena.crew.replace(victim).whenReady();
        restarted += 1;
      }
    }
    return `restarted ${restarted}, one after the other`;
  },
});

async function expectOrderly(arena: Arena, who: string, ending: Promise<number | null>): Promise<void> {
  const status = await ending;
  if (status !== 0) arena.complaints.push(`${who} ended with status ${status ?? 'none'}`);
}

export const stageMishaps: readonly Mishap[] = [
  ...stages.flatMap((stage) => [killed(stage), terminated(stage), frozen(stage)]),
  ...stages.flatMap((stage) => points[stage].map((point) => killedAt(stage, point))),
  frozenAt('loader', 'committed'),
  frozenAt('masker', 'masked'),
  frozenAt('extractor', 'settling'),
  rollingRestart,
  clockSetBack,
];
