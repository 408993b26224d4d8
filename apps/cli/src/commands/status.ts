import { setTimeout as sleep } from 'node:timers/promises';
import { exitStatus } from '@masque/stage/command';
import { Command, InvalidArgumentError } from 'commander';
import { createLogUpdate } from 'log-update';
import { readPipeline } from '../environment.ts';
import { isLive, remark, say, sayJson } from '../output/terminal.ts';
import { type Look, type Onlooker, openOnlooker } from '../status/look.ts';
import { backlogOf, paceOf } from '../status/pace.ts';
import { machinePage, page, type Status } from '../status/page.ts';

interface StatusFlags {
  readonly watch?: number | true;
  readonly json?: true;
}

export function statusCommand(): Command {
  return new Command('status')
    .description(
      'Show where messages are and how fast they move: in SQS, between the stages, in PostgreSQL. Looks twice, two seconds apart, for the rates.',
    )
    .option('--watch [seconds]', 'look again every so many seconds (2), until interrupted', someSeconds)
    .option('--json', 'print one JSON object; with --watch one a look')
    .action(async (flags: StatusFlags) => {
      const pipeline = await readPipeline();
      const onlooker = openOnlooker(pipeline);
      try {
        if (flags.watch === undefined) await tellOnce(pipeline.name, onlooker, flags.json === true);
        else await watch(pipeline.name, onlooker, flags);
      } finally {
        await onlooker.close();
      }
    });
}

/** Replicas say what they have counted once a second; two beats later each has said so again. */
const betweenLooksMs = 2_100;
/** What a rate is taken over while watching: two seconds alone jump too much to be read. */
const rateOverMs = 10_000;

async function tellOnce(pipeline: string, onlooker: Onlooker, json: boolean): Promise<void> {
  const before = await onlooker.look();
  // With nobody there to count a second look would tell no more.
  if (replicasOf(before).length > 0) await sleep(betweenLooksMs);
  const after = replicasOf(before).length > 0 ? await onlooker.look() : before;
  const status = statusOf(pipeline, before, after);
  if (json) sayJson(machinePage(status));
  else say(page(status));
  const faults = Object.values(after).flatMap((part) => ('fault' in part ? [part.fault] : []));
  for (const fault of faults) remark(`masque: ${fault.toLine()}`);
  if (faults.length > 0) {
    process.exitCode = faults.some(({ heals }) => heals) ? exitStatus.failed : exitStatus.config;
  }
}

async function watch(pipeline: string, onlooker: Onlooker, { watch: every, json }: StatusFlags): Promise<void> {
  const everyMs = (typeof every === 'number' ? every : 2) * 1_000;
  const draw = json !== true && isLive(process.stdout) ? createLogUpdate(process.stdout) : undefined;
  const interrupted = new AbortController();
  // Not `once`: what restores the cursor looks whether anybody still listens, and else ends the process itself.
  process.on('SIGINT', () => interrupted.abort());
  const looks: { readonly at: number; readonly look: Look }[] = [];
  while (!interrupted.signal.aborted) {
    const now = { at: performance.now(), look: await onlooker.look() };
    looks.push(now);
    while (looks.length > 2 && now.at - (looks[0]?.at ?? 0) > Math.max(rateOverMs, 2 * everyMs)) looks.shift();
    const status = statusOf(pipeline, looks[0]?.look ?? now.look, now.look);
    if (json) sayJson({ at: new Date().toISOString(), ...machinePage(status) });
    else if (draw === undefined) say(`${page(status)}\n`);
    else draw(page(status));
    await sleep(everyMs, undefined, { signal: interrupted.signal }).catch(() => {});
  }
  draw?.done();
}

function statusOf(pipeline: string, before: Look, after: Look): Status {
  const pace = paceOf(replicasOf(before), replicasOf(after));
  return { pipeline, look: after, pace, backlog: backlogOf(after, pace) };
}

function replicasOf({ between }: Look) {
  return 'fault' in between ? [] : between.value.replicas;
}

function someSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds >= 1 && seconds <= 3_600) return seconds;
  throw new InvalidArgumentError('It is no number of seconds from 1 to 3600.');
}
