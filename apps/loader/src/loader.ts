import { type Fault, retry } from '@masque/fault';
import { masked } from '@masque/handoff-masked';
import { settled } from '@masque/handoff-settled';
import { createJobQueue } from '@masque/job-queue';
import { loadPipeline, toTarget } from '@masque/pipeline';
import { createPostgresSink } from '@masque/postgres-sink';
import type { Service, StageContext } from '@masque/stage';
import type { settings } from './config.ts';
import { createHandler } from './handle.ts';
import { createInstruments } from './instruments.ts';
import { weightOf } from './weight.ts';
import { createLedgerKeeper } from './ledger-keeper.ts';

/** Columns → rows, rejects → quarantine, receipts → extractor. It holds no key and sees no plain value. */
export async function createLoaderStage(context: StageContext<typeof settings>): Promise<Service> {
  const { settings: set, log, logFault, metrics, tracing } = context;
  const pipeline = await loadPipeline(set.MASQUE_PIPELINE);
  const count = createInstruments(metrics);
  let waitingFor: string | undefined = 'starting';

  const sink = createPostgresSink({
    databaseUrl: set.DATABASE_URL,
    target: toTarget(pipeline),
    connections: set.LOAD_CONCURRENCY,
    name: 'masque-loader',
    onStatement: count.queried,
  });
  const jobs = createJobQueue({
    url: set.REDIS_URL,
    prefix: set.REDIS_PREFIX,
    name: `loader:${context.replica}`,
    onFault: (fault) => logFault('redis_fault', fault),
  });
  const waits = (event: string) => (fault: Fault) => {
    waitingFor = fault.code;
    count.retried(fault.code);
    logFault(event, fault);
  };
  const consumer = jobs.consumer(masked, pipeline.name, {
    concurrency: set.LOAD_CONCURRENCY,
    lockDurationMs: set.JOB_LOCK_MS,
    handle: createHandler({
      sink,
      tracing,
      publisher: jobs.publisher(settled, pipeline.name),
      async isMaskedWith(fingerprints) {
        const maskers = (await jobs.presence.replicas(pipeline.name)).filter(({ stage }) => stage === 'masker');
        return maskers.some(({ details }) => fingerprints.some((fingerprint) => details.includes(fingerprint)));
      },
      onLoaded(batch, report, seconds) {
        waitingFor = undefined;
        count.loaded(batch, report, seconds);
        const erased = report.vault?.erased ?? 0;
        if (erased > 0) log.warn('erased_values_arrived', { batch: batch.batch, values: erased });
      },
      onRetry: waits('load_retried'),
    }),
    weigh: weightOf,
    onFault(fault, { batch, tries }) {
      // A batch that a newer release wrote, or one of long ago, says nothing of what this replica can do with others.
      if (!fault.code.startsWith('handoff_') && fault.code !== 'batch_outlived') waitingFor = fault.code;
      count.failed(fault.code);
      logFault('load_fault', fault, { batch, tries });
    },
    // A batch masked with a wrong key stays so, as one of long ago does. Dropped, its messages are received again.
    isHopeless: ({ code }) => code === 'key_differs' || code === 'batch_outlived',
    onStuck: (fault) => context.fail(fault),
    onDropped: ({ batch, code }) => log.warn('batch_dropped', { batch, code }),
  });

  jobs.expose(metrics, { pipeline: pipeline.name, handoff: masked.name, stage: 'loader', consumer });
  const ledger = createLedgerKeeper({
    keep: () => sink.keepLedger(set.LEDGER_RETENTION_DAYS),
    onKept: ({ detached, dropped }) =>
      log.info('ledger_days_retired', { detached: detached.join(' '), dropped: dropped.join(' ') }),
    onFault: (fault) => logFault('ledger_fault', fault),
  });

  let presence: ReturnType<typeof jobs.presence.announce> | undefined;
  return {
    async start(signal) {
      await retry(() => jobs.check(), { signal, onRetry: waits('waiting_for_redis') });
      await retry(() => sink.check(), { signal, onRetry: waits('waiting_for_postgres') });
      await consumer.start();
      ledger.start();
      log.info('loading', { pipeline: pipeline.name, table: pipeline.target.table });
      waitingFor = undefined;
      presence = jobs.presence.announce({
        pipeline: pipeline.name,
        stage: 'loader',
        replica: context.replica,
        state: () => waitingFor ?? 'working',
        figures: count.figures,
      });
    },
    waitingFor: () => waitingFor,
    async stop(deadline) {
      await presence?.stop();
      ledger.stop();
      const { abandoned } = await consumer.stop(deadline);
      await Promise.all([jobs.close(), sink.close()]);
      return { abandoned };
    },
  };
}
