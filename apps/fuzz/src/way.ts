import { randomUUID } from 'node:crypto';
import { encodeBody } from '@masque/extractor/body';
import { newBatchId } from '@masque/handoff';
import { extracted, sealContext } from '@masque/handoff-extracted';
import { masked } from '@masque/handoff-masked';
import { settled } from '@masque/handoff-settled';
import { keyPaths } from '@masque/key-files';
import { openOriginKeys } from '@masque/keyring';
import { createHandler as createLoading } from '@masque/loader/handle';
import { createHandler as createMasking } from '@masque/masker/handle';
import { createBatchMasker } from '@masque/masker/mask-batch';
import { createMasker, readMaskKeys } from '@masque/masking';
import { noTracing } from '@masque/observability';
import { textColumns, toTarget } from '@masque/pipeline';
import { createPostgresSink, type LoadReport } from '@masque/postgres-sink';
import { createOpener, createSealer, readSealPrivateKeys, readSealPublicKey } from '@masque/sealing';
import type { Body } from './bodies.ts';
import { definition } from './definition.ts';
import { createWire, delivery, type Lying } from './wire.ts';

/** One batch, and what its way left behind. */
export interface Passage {
  readonly messageIds: readonly string[];
  /** As it lay between masker and loader. */
  readonly masked: Lying;
  /** Receipts that were handed on. */
  readonly receipts: readonly string[];
  readonly report: LoadReport;
}

/** The stages' own code, from the sealing of a batch to its settlement, with JSON and bytes in the place of each queue. */
export interface Way {
  /** @throws whatever a stage throws: servers are there and settings right, so nothing may */
  take(bodies: readonly Body[]): Promise<Passage>;
  /** The same batch, loaded once more, as after a crash. */
  again(passage: Passage): Promise<LoadReport>;
  close(): Promise<void>;
}

/** A backlog of some days. */
const firstDay = Date.UTC(2026, 0, 1, 12);
const days = 4;
const dayMs = 86_400_000;

export async function openWay(options: { readonly databaseUrl: string; readonly keysDir: string }): Promise<Way> {
  const { extractor, masker: files } = keyPaths(options.keysDir);
  const [sealKey, openKeys, quarantineKey, maskKeys, origins] = await Promise.all([
    readSealPublicKey(extractor.sealPublic),
    readSealPrivateKeys(files.sealPrivate),
    readSealPublicKey(files.quarantinePublic),
    readMaskKeys(files.mask),
    openOriginKeys(options.keysDir, definition),
  ]);
  const { name } = definition;
  const sealer = createSealer(sealKey);
  const masker = createMasker({ mask: definition.mask, keys: maskKeys, memoEntries: 20_000 });
  const sink = createPostgresSink({
    databaseUrl: options.databaseUrl,
    target: toTarget(definition),
    connections: 4,
    name: 'masque-fuzz',
  });
  await sink.check();
  const toLoader = createWire(masked);
  const toExtractor = createWire(settled);
  const mask = createMasking({
    pipeline: name,
    opener: createOpener(openKeys),
    quarantineSealer: createSealer(quarantineKey),
    maskBatch: createBatchMasker(definition, masker),
    textColumns: textColumns(definition),
    keys: () => masker.keys(),
    origins,
    onForgedOrigin: () => {},
    publisher: toLoader,
    tracing: noTracing,
    onMasked: () => {},
  });
  const reports = new Map<string, LoadReport>();
  const load = createLoading({
    sink,
    publisher: toExtractor,
    tracing: noTracing,
    isMaskedWith: async () => false,
    onLoaded: ({ batch }, report) => reports.set(batch, report),
    onRetry(fault) {
      throw fault;
    },
  });
  const { signal } = new AbortController();

  async function loaded(lying: Lying): Promise<Omit<Passage, 'masked' | 'messageIds'>> {
    const job = delivery(masked, lying);
    const { batch } = job.batch;
    await load(job, signal);
    const report = reports.get(batch);
    reports.delete(batch);
    if (report === undefined) throw new Error('a batch was not loaded, and nobody said why');
    return { report, receipts: delivery(settled, toExtractor.take(batch)).batch.receipts };
  }

  return {
    async take(bodies) {
      const batch = newBatchId();
      const messageIds = bodies.map(() => randomUUID());
      const sealed = await sealer.seal(
        bodies.map(({ body }) => (typeof body === 'string' ? encodeBody(body) : body)),
        sealContext(name, batch),
      );
      const toMasker = createWire(extracted);
      await toMasker.publish({
        batch,
        pipeline: name,
        deadline: Date.now() + dayMs,
        messageIds,
        receipts: messageIds.map((id) => `receipt-${id}`),
        sentAt: messageIds.map((_, at) => firstDay + (at % days) * dayMs),
        receivedAt: Date.now(),
        sealed,
      });
      await mask(delivery(extracted, toMasker.take(batch)));
      const lying = toLoader.take(batch);
      return { messageIds, masked: lying, ...(await loaded(lying)) };
    },
    again: async (passage) => (await loaded(passage.masked)).report,
    close: () => sink.close(),
  };
}
