import { newBatchId, unpackTexts } from '@masque/handoff';
import { overTheWire, wireText } from '@masque/handoff/testing';
import type { ExtractedBatch } from '@masque/handoff-extracted';
import { masked, type MaskedBatch } from '@masque/handoff-masked';
import { noTracing } from '@masque/observability';
import { textColumns } from '@masque/pipeline';
import { createOpener, createSealer, generateSealKeys, quarantineContext } from '@masque/sealing';
import { expect, test } from 'vitest';
import { createHandler } from '../src/handle.ts';
import { createBatchMasker, type MaskedColumns } from '../src/mask-batch.ts';
import { anExtractedBatch } from './extracted-batch.ts';
import { aLogin, aMasker, pipeline, sentAt } from './login.ts';

const [stageKeys, custodianKeys, masker] = await Promise.all([generateSealKeys(), generateSealKeys(), aMasker()]);
const maskBatch = createBatchMasker(pipeline, masker);
const batch = newBatchId();

const good = JSON.stringify(aLogin());
const bad = '{"foo":"planted-in-a-reject"}';

/** A handler of the real parts; what would go to Redis is kept, as Redis would give it to the loader. */
function setup(changes: { readonly maskBatch?: typeof maskBatch } = {}) {
  const published: MaskedBatch[] = [];
  const counted: MaskedColumns[] = [];
  const forged: string[] = [];
  const handle = createHandler({
    tracing: noTracing,
    pipeline: pipeline.name,
    opener: createOpener([stageKeys]),
    quarantineSealer: createSealer(custodianKeys),
    maskBatch,
    textColumns: textColumns(pipeline),
    keys: masker.keys,
    origins: { verify: (text) => (text === 'signed' ? { id: 'first', sentAt: 11 } : undefined) },
    onForgedOrigin: (id) => forged.push(id),
    publisher: {
      async publish(value) {
        const read = overTheWire(masked, value);
        if (!read.ok) throw new Error(`the loader would not read ${read.at}`);
        published.push(read.value);
      },
      close: async () => {},
    },
    onMasked: (columns) => counted.push(columns),
    ...changes,
  });
  const deliver = (value: ExtractedBatch): ReturnType<typeof handle> =>
    handle({ batch: value, earlierTries: 0, addedAt: 0 });
  return { deliver, published, counted, forged };
}

const anExtracted = (bodies: readonly string[], changes: Partial<ExtractedBatch> = {}): Promise<ExtractedBatch> =>
  anExtractedBatch(stageKeys, { batch, pipeline: pipeline.name, ...changes }, bodies);

test('a batch goes on under its own id, with its receipts, its rows and the keys that made them', async () => {
  const { deliver, published, counted } = setup();
  expect(await deliver(await anExtracted([good, bad, good]))).toBe('done');
  expect(published).toMatchObject([
    {
      batch,
      pipeline: 'user-logins',
      deadline: 99,
      receivedAt: 7,
      messageIds: ['m-0', 'm-1', 'm-2'],
      receipts: ['r-0', 'r-1', 'r-2'],
      sentAt: [sentAt, sentAt, sentAt],
      rows: [0, 2],
      rejects: [{ at: 1, reason: 'wrong_kind', fields: [] }],
      keys: masker.keys(),
    },
  ]);
  expect(counted).toMatchObject([{ rows: [0, 2] }]);
});

test('texts go packed, and cells of other kinds as they are', async () => {
  const { deliver, published, counted } = setup();
  await deliver(await anExtracted([good, JSON.stringify(aLogin({ locale: null }))]));
  const { columns = {} } = published[0] ?? {};
  const packed = Object.keys(columns).filter((name) => Buffer.isBuffer(columns[name]));
  expect(new Set(packed)).toEqual(textColumns(pipeline));
  expect(packed).not.toContain('create_date');
  const cells = Object.entries(columns).map(([name, all]) => [name, Buffer.isBuffer(all) ? unpackTexts(all) : all]);
  expect(Object.fromEntries(cells)).toEqual(counted[0]?.columns);
});

test('a rejected body is the custodian’s alone, byte for byte, and bound to its message', async () => {
  const { deliver, published } = setup();
  await deliver(await anExtracted([good, bad]));
  const sealed = Buffer.from(published[0]?.rejects[0]?.body ?? '', 'base64');
  const custodian = createOpener([custodianKeys]);
  const [body] = await custodian.open(sealed, quarantineContext(pipeline.name, 'm-1'));
  expect(body?.toString()).toBe(bad);
  await expect(custodian.open(sealed, quarantineContext(pipeline.name, 'm-0'))).rejects.toMatchObject({
    code: 'seal_broken',
  });
  await expect(createOpener([stageKeys]).open(sealed, quarantineContext(pipeline.name, 'm-1'))).rejects.toMatchObject({
    code: 'seal_key_unknown',
  });
  expect(wireText(masked, published[0]!)).not.toContain('planted');
});

test('run twice, it hands over the same rows under the same id', async () => {
  const { deliver, published } = setup();
  const delivery = await anExtracted([good]);
  await deliver(delivery);
  await deliver(delivery);
  expect(published[1]).toEqual(published[0]);
});

test('what fails in masking hands over nothing and counts nothing', async () => {
  const failing = createBatchMasker(pipeline, {
    mask: () => {
      throw new Error('no key');
    },
  });
  const { deliver, published, counted } = setup({ maskBatch: failing });
  await expect(deliver(await anExtracted([good, bad]))).rejects.toThrow('no key');
  expect([published, counted]).toEqual([[], []]);
});

test('a batch that is not what the extractor sealed is refused whole', async () => {
  const { deliver, published } = setup();
  const two = await anExtracted([good, good]);
  const short = { ...two, messageIds: ['m-0'], receipts: ['r-0'], sentAt: [sentAt] };
  await expect(deliver(short)).rejects.toMatchObject({ code: 'batch_miscounted' });
  await expect(deliver({ ...two, batch: newBatchId() })).rejects.toMatchObject({ code: 'seal_broken' });
  await expect(deliver({ ...two, pipeline: 'another' })).rejects.toMatchObject({ code: 'seal_broken' });
  expect(published).toEqual([]);
});

test('a message that was sent again goes by its first id and day, where that is signed', async () => {
  const { deliver, published, forged } = setup();
  await deliver(await anExtracted([good, good, bad], { origins: ['signed', 'forged', 'signed'] }));
  const [handed] = published as [MaskedBatch];
  expect(handed.messageIds).toEqual(['first', 'm-1', 'first']);
  expect(handed.sentAt).toEqual([11, sentAt, 11]);
  expect(handed.columns['create_date']).toEqual(['1970-01-01', new Date(sentAt).toISOString().slice(0, 10)]);
  expect(forged).toEqual(['m-1']);
  const body = Buffer.from(handed.rejects[0]?.body ?? '', 'base64');
  const [opened] = await createOpener([custodianKeys]).open(body, quarantineContext(pipeline.name, 'first'));
  expect(opened?.toString()).toBe(bad);
});
