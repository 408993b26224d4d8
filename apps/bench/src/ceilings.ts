/**
 * Each stage alone, from a filled queue: first the extractor with nobody behind it, then the masker on what it left in
 * Redis, then the loader on what that left. So each works on the very batches that it would be given.
 */
import { createJobQueue, type JobQueue } from '@masque/job-queue';
import type { LocalPipeline, StageName } from '@masque/local-pipeline';
import type { Arena } from './arena.ts';
import { type Bill, openBill } from './bill.ts';
import { type Figure, figureOf } from './figure.ts';
import { loginMessages } from './messages.ts';
import { timeOf } from './stretch.ts';

export type Ceilings = Readonly<Record<StageName, { readonly rate: Figure; readonly cpuUs: Figure }>>;

interface Alone {
  readonly rate: number;
  readonly cpuUs: number;
}

const stagesInOrder = ['extractor', 'masker', 'loader'] as const;

export async function measureCeilings(
  arena: Arena,
  options: { readonly messages: number; readonly repeat: number; readonly rounds: number },
  signal: AbortSignal,
): Promise<Ceilings> {
  const jobs = createJobQueue({ url: arena.stack.redis.url, name: 'bench' });
  const found: Record<StageName, Alone[]> = { extractor: [], masker: [], loader: [] };
  try {
    await jobs.check();
    for (let round = 1; round <= options.rounds; round += 1) {
      await arena.clear();
      for (const bodies of loginMessages(options.messages, options.repeat).chunks())
        await arena.stack.sqs.send(arena.queueUrl, bodies);
      const local = await arena.openPipeline({
        // All of it goes into Redis, and none of it is late when it comes out.
        BACKLOG_MAX: '100000',
        SQS_VISIBILITY_TIMEOUT_S: '3600',
      });
      for (const stage of stagesInOrder) {
        found[stage].push(await measure({ arena, jobs, local, stage, total: options.messages, signal }));
      }
      await settle(arena, local, signal);
    }
  } finally {
    await jobs.close();
  }
  const figures = (stage: StageName) => ({
    rate: figureOf(found[stage].map(({ rate }) => rate)),
    cpuUs: figureOf(found[stage].map(({ cpuUs }) => cpuUs)),
  });
  return { extractor: figures('extractor'), masker: figures('masker'), loader: figures('loader') };
}

interface StageAlone {
  readonly arena: Arena;
  readonly jobs: JobQueue;
  readonly local: LocalPipeline;
  readonly stage: StageName;
  readonly total: number;
  readonly signal: AbortSignal;
}

async function measure({ arena, jobs, local, stage, total, signal }: StageAlone): Promise<Alone> {
  const pipeline = arena.pipeline.name;
  const waiting = async (handoff: string): Promise<number> => {
    const depth = (await jobs.depth(pipeline, [handoff]))[handoff];
    return depth === undefined ? 0 : depth.waiting + depth.active + depth.delayed;
  };
  const from = stage === 'masker' ? 'extracted' : 'masked';
  const left = async (): Promise<number> =>
    stage === 'extractor' ? (await arena.stack.sqs.counts(arena.queueUrl)).visible : await waiting(from);
  const all = await left();
  // An extractor receives only while somebody behind it works.
  const company = stage === 'extractor' ? ['masker', 'loader'].map((each) => announce(jobs, pipeline, each)) : [];
  const process = local.start(stage);
  let bill: Bill | undefined;
  try {
    const { seconds, messages } = await timeOf(
      { what: `the ${stage} alone`, total: all, hasBegun: async () => (await left()) < all, left, signal },
      () => (bill = openBill(arena, [{ name: stage, pid: process.pid }])),
    );
    // The queues in Redis count batches.
    const worked = (total * messages) / all;
    const { shares } = bill!.close(worked);
    return { rate: worked / seconds, cpuUs: shares[stage]?.cpuUs ?? 0 };
  } finally {
    await process.stop();
    for (const each of company) await each.stop();
  }
}

function announce(jobs: JobQueue, pipeline: string, stage: string): { stop(): Promise<void> } {
  return jobs.presence.announce({ pipeline, stage, replica: 'bench', state: () => 'working' });
}

/** An extractor takes the receipts, so that the next round finds nothing of this one. */
async function settle(arena: Arena, local: LocalPipeline, signal: AbortSignal): Promise<void> {
  const extractor = local.start('extractor');
  const left = async (): Promise<number> => (await arena.stack.sqs.counts(arena.queueUrl)).inFlight;
  const total = await left();
  await timeOf({ what: 'settling', total, hasBegun: () => Promise.resolve(true), left, signal }, () => {});
  await extractor.stop();
}
