/**
 * The replicas of every stage, as a supervisor keeps them.
 *
 *     started ──▶ live ──taken, then ended by a mishap──▶ gone, and another is started
 *                   └──ended by itself──▶ noted, and another is started after a pause
 *
 * Invariants: a stage has its number of replicas, or is about to; a mishap never gets a replica that another mishap has
 * taken; after `dismiss` none of the processes that were ever started is alive.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LocalPipeline, type Replicas, type StageName, type StageProcess, stages } from '@masque/local-pipeline';

export interface OwnEnd {
  readonly stage: StageName;
  readonly status: number | null;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Crew {
  /** Replicas that ended though no mishap ended them. */
  readonly ownEnds: readonly OwnEnd[];
  start(): Promise<void>;
  /** A live replica for a mishap alone; `choice` says which. Give it back, or replace it. */
  take(stage: StageName, choice: number): Promise<StageProcess>;
  /** All of a stage that no other mishap has. */
  takeAll(stage: StageName): readonly StageProcess[];
  giveBack(process: StageProcess): void;
  /** Starts another in its stead, whatever became of it. */
  replace(process: StageProcess): StageProcess;
  /** One more replica than the stage has, with settings of its own, until it is stopped or dies. */
  extra(stage: StageName, settings: Readonly<Record<string, string>>): StageProcess;
  /** Asks all to stop, and forces those that do not; the exit statuses of those that were live. */
  dismiss(): Promise<readonly (number | null)[]>;
}

const restartAfterMs = 500;
const stopsWithinMs = 20_000;

export function createCrew(local: LocalPipeline, replicas: Replicas): Crew {
  const live = new Set<StageProcess>();
  const taken = new Set<StageProcess>();
  const ownEnds: OwnEnd[] = [];
  let dismissed = false;

  function start(stage: StageName): StageProcess {
    const process = local.start(stage);
    live.add(process);
    void watch(process);
    return process;
  }

  async function watch(process: StageProcess): Promise<void> {
    const status = await process.ended;
    if (!live.delete(process) || taken.has(process) || dismissed) return;
    ownEnds.push({ stage: process.stage, status, at: Date.now() });
    await sleep(restartAfterMs);
    if (!dismissed) start(process.stage);
  }

  function freeOf(stage: StageName): StageProcess[] {
    return [...live].filter((process) => process.stage === stage && !taken.has(process));
  }

  return {
    ownEnds,
    async start() {
      const all = stages.flatMap((stage) => Array.from({ length: replicas[stage] }, () => start(stage)));
      await Promise.all(all.map((process) => process.whenReady()));
    },
    async take(stage, choice) {
      for (;;) {
        const free = freeOf(stage);
        const process = free[choice % Math.max(1, free.length)];
        if (process !== undefined) {
          taken.add(process);
          return process;
        }
        await sleep(50);
      }
    },
    takeAll(stage) {
      const all = freeOf(stage);
      for (const process of all) taken.add(process);
      return all;
    },
    giveBack(process) {
      taken.delete(process);
    },
    replace(process) {
      live.delete(process);
      return start(process.stage);
    },
    extra: (stage, settings) => local.start(stage, settings),
    async dismiss() {
      dismissed = true;
      const last = [...live];
      // A frozen one could not hear it.
      for (const { pid } of local.processes) signal(pid, 'SIGCONT');
      const asked = Promise.all(last.map((process) => process.stop()));
      const forced = Symbol('forced');
      const statuses = await Promise.race([asked, sleep(stopsWithinMs, forced, { ref: false })]);
      await Promise.all(local.processes.map((process) => process.stop('SIGKILL')));
      return statuses === forced ? last.map(() => null) : statuses;
    },
  };
}

export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

/**
 * Stops one that may freeze at any moment: a frozen one hears no SIGTERM. With seed 8 a replica that had come to no
 * passage for eight seconds came to it in the ninth, and the run waited for its end for ever.
 */
export async function stopAwake(process: Pick<StageProcess, 'pid' | 'stop'>): Promise<void> {
  const stopped = process.stop().then(() => true);
  while (!(await Promise.race([stopped, sleep(50, false)]))) signal(process.pid, 'SIGCONT');
}
