import { type Fault, retry } from '@masque/fault';
import { extracted } from '@masque/handoff-extracted';
import { settled } from '@masque/handoff-settled';
import { keyPaths } from '@masque/key-files';
import { createJobQueue, type Replica } from '@masque/job-queue';
import type { LogFields } from '@masque/observability';
import { loadPipeline } from '@masque/pipeline';
import { createSealer, readSealPublicKey } from '@masque/sealing';
import { createSqsSource, type SqsSourceOptions } from '@masque/sqs-source';
import type { Service, StageContext } from '@masque/stage';
import { createBatcher } from './batcher.ts';
import type { ExtractorSettings, settings } from './config.ts';
import { createGate } from './gate.ts';
import { createInstruments } from './instruments.ts';
import { createQueueCounts } from './queue-counts.ts';
import { points } from './points.ts';
import { createLeaseKeeper } from './lease-keeper.ts';
import { createPoller } from './poller.ts';
import { createPortion } from './portion.ts';
import { createSettler } from './settler.ts';
import { createShipper } from './shipper.ts';

/** What a busy flow may wait to fill its batches; see `createBatcher`. */
const longestLingerMs = 100;

/** Batches that may wait for Redis in this process before polling stops. */
const unsentMax = 8;

/** The contract of `masked` is none of the extractor's business; only its depth is. */
const behind = ['extracted', 'masked'] as const;

/**
 * SQS → sealed batches → Redis, and settled receipts → deletes. It parses nothing and holds no key that opens
 * anything.
 */
export async function createExtractor(context: StageContext<typeof settings>): Promise<Service> {
  const { settings: set, log, logFault, metrics, tracing } = context;
  const pipeline = await loadPipeline(set.MASQUE_PIPELINE);
  const sealKey = await readSealPublicKey(keyPaths(set.MASQUE_KEYS_DIR).extractor.sealPublic, {
    signer: set.MASQUE_KEYS_SIGNER,
  });
  const count = createInstruments(metrics);

  const retried = (event: string) => (fault: Fault, fields?: LogFields) => {
    count.retried(fault.code);
    logFault(event, fault, fields);
  };

  const source = createSqsSource({ ...sourceOptions(set, pipeline.source.queue), onCall: count.called });
  const jobs = createJobQueue({
    url: set.REDIS_URL,
    prefix: set.REDIS_PREFIX,
    name: `extractor:${context.replica}`,
    onFault: (fault) => logFault('redis_fault', fault),
  });
  const shipper = createShipper({
    pipeline: pipeline.name,
    visibilityTimeoutMs: set.SQS_VISIBILITY_TIMEOUT_S * 1_000,
    sealer: createSealer(sealKey),
    publisher: jobs.publisher(extracted, pipeline.name),
    tracing,
    release: (receipts) => source.release(receipts),
    onSent(batch) {
      count.sent({ messages: batch.receipts.length, bytes: batch.bytes });
      leases.watch(batch);
      points.sent.publish(undefined);
    },
    onGivenUp({ id, messages }, fault) {
      count.givenUp(messages);
      logFault('batch_given_up', fault, { batch: id, messages });
    },
    onLeft: ({ bytes }) => gate.left({ batches: 1, bytes }),
    onFault: retried('publish_fault'),
  });
  const batcher = createBatcher(
    {
      maxMessages: set.BATCH_MAX,
      maxBytes: set.BATCH_MAX_BYTES,
      lingerMs: set.BATCH_LINGER_MS,
      busyLingerMs: Math.max(set.BATCH_LINGER_MS, Math.min(4 * set.BATCH_LINGER_MS, longestLingerMs)),
    },
    (batch) => shipper.ship(batch),
  );
  const leases = createLeaseKeeper({
    pipeline: pipeline.name,
    visibilityTimeoutS: set.SQS_VISIBILITY_TIMEOUT_S,
    leases: jobs.leases,
    source,
    handoffs: [...behind, 'settled'],
    onExtended: (messages) => count.extended(messages),
    onFault: retried('lease_fault'),
  });
  let replicas: readonly Replica[] = [];
  const gate = createGate({
    readBacklog: async () => {
      const depths = await jobs.depth(pipeline.name, behind);
      const batches = Object.values(depths).reduce(
        (sum, depth) => sum + depth.waiting + depth.active + depth.delayed,
        0,
      );
      // Others’ batches are taken to be like this replica’s own: how large they are, only who works on them may see.
      return { batches, bytes: Math.round(batches * leases.meanBytes) };
    },
    unsent: () => shipper.unsent,
    inHand: () => ({
      batches: shipper.unsent + Number(batcher.open !== undefined),
      bytes: shipper.unsentBytes + (batcher.open?.bytes ?? 0),
    }),
    downstreamWorks: () =>
      ['masker', 'loader'].every((stage) => replicas.some((each) => each.stage === stage && each.state === 'working')),
    max: { batches: set.BACKLOG_MAX, bytes: set.BACKLOG_MAX_BYTES },
    unsentMax,
    onFault: (fault) => logFault('backlog_unknown', fault),
    onChange: (state) => log.info('gate', { state, backlog: gate.backlog.batches, bytes: gate.backlog.bytes }),
  });
  const portion = createPortion();
  const pollers = Array.from({ length: set.SQS_POLLERS }, () =>
    createPoller({
      source,
      gate,
      portion,
      onMessages(messages, receivedAt) {
        count.received(messages.length);
        points.received.publish(undefined);
        batcher.add(messages, receivedAt);
        gate.received();
      },
      onFault: retried('receive_fault'),
    }),
  );
  const settler = jobs.consumer(settled, pipeline.name, {
    concurrency: set.SETTLE_CONCURRENCY,
    lockDurationMs: set.JOB_LOCK_MS,
    handle: createSettler({
      source,
      tracing,
      onDeleted: (messages) => count.deleted(messages),
      onLost: (code) => count.lost(code),
      onSettled: (batch) => leases.forget(batch),
    }),
    onFault: (fault, { batch }) => retried('settle_fault')(fault, { batch }),
    onStuck: (fault) => context.fail(fault),
    onDropped: ({ batch, code }) => log.warn('settle_dropped', { batch, code }),
  });
  const queueCounts = createQueueCounts(source);
  metrics.gauges(
    'masque_extractor_queue_messages',
    'Messages in SQS by its own approximate count, the same at each replica.',
    'state',
    queueCounts,
  );
  jobs.expose(metrics, { pipeline: pipeline.name, handoff: settled.name, stage: 'extractor', consumer: settler });
  metrics.gauge('masque_extractor_unsent_batches', 'Batches that are not in Redis yet.', () => shipper.unsent);
  metrics.gauge('masque_extractor_leased_batches', 'Batches whose messages are kept hidden.', () => leases.watched);
  metrics.gauge('masque_extractor_gate_open', '1 while pollers may receive.', () => Number(gate.state === 'open'));

  let polling: Promise<unknown> = Promise.resolve();
  let presence: ReturnType<typeof jobs.presence.announce> | undefined;
  let waitingFor: string | undefined = 'starting';
  return {
    async start(signal) {
      const wait = (what: string) => ({
        signal,
        onRetry: (fault: { code: string }) => {
          waitingFor = fault.code;
          logFault(what, fault as never);
        },
      });
      await retry(() => jobs.check(), wait('waiting_for_redis'));
      const { queueUrl } = await retry(() => source.resolve(signal), wait('waiting_for_sqs'));
      log.info('source', { queueUrl, pipeline: pipeline.name, sealKey: sealKey.kid });
      await settler.start();
      presence = jobs.presence.announce({
        pipeline: pipeline.name,
        stage: 'extractor',
        replica: context.replica,
        state: () => (gate.state === 'open' ? 'working' : `gate_${gate.state}`),
        figures: count.figures,
        onReplicas: (seen) => (replicas = seen),
      });
      gate.start();
      leases.start();
      polling = Promise.all(pollers.map((poller) => poller.run()));
      waitingFor = undefined;
    },
    waitingFor: () => waitingFor ?? (gate.state === 'redis' ? 'redis_unreachable' : undefined),
    async stop(deadline) {
      for (const poller of pollers) poller.stop();
      gate.stop();
      await polling;
      batcher.flush();
      const { released } = await shipper.drain(deadline.kindUntil);
      const { abandoned } = await settler.stop(deadline);
      leases.stop();
      await presence?.stop();
      await jobs.close();
      source.close();
      return { released, abandoned };
    },
  };
}

function sourceOptions(set: ExtractorSettings, queue: string): SqsSourceOptions {
  return {
    ...(set.SQS_QUEUE_URL === undefined ? { queueName: set.SQS_QUEUE_NAME ?? queue } : { queueUrl: set.SQS_QUEUE_URL }),
    ...(set.AWS_REGION === undefined ? {} : { region: set.AWS_REGION }),
    ...(set.AWS_ENDPOINT_URL_SQS === undefined ? {} : { endpoint: set.AWS_ENDPOINT_URL_SQS }),
    protocol: set.SQS_PROTOCOL,
    transport: set.SQS_TRANSPORT,
    visibilityTimeoutS: set.SQS_VISIBILITY_TIMEOUT_S,
    waitS: set.SQS_WAIT_S,
    maxSockets: Math.max(set.SQS_POLLERS, set.SETTLE_CONCURRENCY * Math.ceil(set.BATCH_MAX / 10)),
  };
}
