import { type Fault, retry } from '@masque/fault';
import { extracted } from '@masque/handoff-extracted';
import { masked } from '@masque/handoff-masked';
import { createJobQueue } from '@masque/job-queue';
import { createKeyAccess, keyPaths } from '@masque/key-files';
import { createKms } from '@masque/kms';
import { createMasker, createOriginKeys, fingerprint, readMaskKeys } from '@masque/masking';
import { loadPipeline, textColumns } from '@masque/pipeline';
import { createOpener, createSealer, readSealPrivateKeys, readSealPublicKey, sealFingerprint } from '@masque/sealing';
import type { Service, StageContext } from '@masque/stage';
import type { settings } from './config.ts';
import { createHandler } from './handle.ts';
import { createInstruments } from './instruments.ts';
import { createBatchMasker } from './mask-batch.ts';

/** Faults of a batch itself: it is not what an extractor made, and no other masker could open it either. */
const hopeless: ReadonlySet<string> = new Set(['seal_broken', 'batch_miscounted']);

/** Sealed batches → columns and rejects. The only stage that sees a plain value; it keeps none. */
export async function createMaskerStage(context: StageContext<typeof settings>): Promise<Service> {
  const { settings: set, log, logFault, metrics, tracing } = context;
  const pipeline = await loadPipeline(set.MASQUE_PIPELINE);
  const files = keyPaths(set.MASQUE_KEYS_DIR).masker;
  const access = createKeyAccess({
    setting: 'MASQUE_MASKER_PASSPHRASE_FILE',
    file: set.MASQUE_MASKER_PASSPHRASE_FILE,
    text: set.MASQUE_MASKER_PASSPHRASE,
    kms: createKms({ region: set.AWS_REGION, endpoint: set.AWS_ENDPOINT_URL_KMS }),
  });
  const reading = { signer: set.MASQUE_KEYS_SIGNER, access };
  const [sealKeys, quarantineKey, maskKeys] = await Promise.all([
    readSealPrivateKeys(files.sealPrivate, reading),
    readSealPublicKey(files.quarantinePublic, reading),
    readMaskKeys(files.mask, reading),
  ]);
  const masker = createMasker({ mask: pipeline.mask, keys: maskKeys, memoEntries: set.MASK_MEMO_ENTRIES });
  const count = createInstruments(metrics, masker);

  const jobs = createJobQueue({
    url: set.REDIS_URL,
    prefix: set.REDIS_PREFIX,
    name: `masker:${context.replica}`,
    onFault: (fault) => logFault('redis_fault', fault),
  });
  let waitingFor: string | undefined = 'starting';
  const consumer = jobs.consumer(extracted, pipeline.name, {
    concurrency: set.MASK_CONCURRENCY,
    lockDurationMs: set.JOB_LOCK_MS,
    handle: createHandler({
      pipeline: pipeline.name,
      opener: createOpener(sealKeys),
      quarantineSealer: createSealer(quarantineKey),
      maskBatch: createBatchMasker(pipeline, masker),
      textColumns: textColumns(pipeline),
      keys: () => masker.keys(),
      origins: createOriginKeys(pipeline.name, maskKeys),
      onForgedOrigin: (message) => log.warn('origin_not_signed', { message }),
      publisher: jobs.publisher(masked, pipeline.name),
      tracing,
      onMasked(batch, seconds) {
        waitingFor = undefined;
        count.masked(batch, seconds);
      },
    }),
    weigh: ({ sealed }) => sealed.length,
    isHopeless: ({ code }) => hopeless.has(code),
    isInVain: async ({ batch }) => !(await jobs.leases.isLeased(pipeline.name, batch)),
    onFault(fault, { batch, tries }) {
      if (!hopeless.has(fault.code)) waitingFor = fault.code;
      count.failed(fault.code);
      logFault('mask_fault', fault, { batch, tries });
    },
    onStuck: (fault) => context.fail(fault),
    onDropped: ({ batch, code }) => log.warn('batch_dropped', { batch, code }),
  });

  jobs.expose(metrics, { pipeline: pipeline.name, handoff: extracted.name, stage: 'masker', consumer });

  // A key that is to be PRIMARY next has to be known here before it is.
  const announced = [
    ...masker.keys().map(({ fingerprint }) => fingerprint),
    ...[...maskKeys.map(fingerprint), ...sealKeys.map(sealFingerprint)].map((known) => `knows:${known}`),
  ];
  let presence: ReturnType<typeof jobs.presence.announce> | undefined;
  return {
    async start(signal) {
      await retry(() => jobs.check(), {
        signal,
        onRetry(fault: Fault) {
          waitingFor = fault.code;
          logFault('waiting_for_redis', fault);
        },
      });
      await consumer.start();
      log.info('masking', {
        pipeline: pipeline.name,
        keys: masker
          .keys()
          .map(({ kid }) => kid)
          .join(' '),
      });
      waitingFor = undefined;
      presence = jobs.presence.announce({
        pipeline: pipeline.name,
        stage: 'masker',
        replica: context.replica,
        state: () => waitingFor ?? 'working',
        details: () => announced,
        figures: count.figures,
      });
    },
    waitingFor: () => waitingFor,
    async stop(deadline) {
      await presence?.stop();
      const { abandoned } = await consumer.stop(deadline);
      await jobs.close();
      return { abandoned };
    },
  };
}
