import { newBatchId } from '@masque/handoff';
import { type ExtractedBatch, extracted, sealContext } from '@masque/handoff-extracted';
import { masked, type MaskedBatch } from '@masque/handoff-masked';
import { createOpener, createSealer, generateSealKeys } from '@masque/sealing';
import { expect, test } from 'vitest';
import { createHandler, quarantineContext } from '../src/handle.ts';
import { createBatchMasker, type MaskedColumns } from '../src/mask-batch.ts';
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
  const handle = createHandler({
    pipeline: pipeline.name,
    opener: createOpener([stageKeys]),
    quarantineSealer: createSealer(custodianKeys),
    maskBatch,
    keys: masker.keys,
    publisher: {
      async publish(value) {
        const read = masked.read(JSON.parse(JSON.stringify(masked.write(value))));
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
  return { deliver, published, counted };
}

async function anExtracted(bodies: readonly string[], changes: Partial<ExtractedBatch> = {}): Promise<ExtractedBatch> {
  const sealed = await createSealer(stageKeys).seal(
    bodies.map((body) => Buffer.from(body)),
    sealContext(pipeline.name, batch),
  );
  const read = extracted.read(
    extracted.write({
      batch,
      pipeline: pipeline.name,
      deadline: 99,
      messageIds: bodies.map((_, at) => `m-${at}`),
      receipts: bodies.map((_, at) => `r-${at}`),
      sentAt: bodies.map(() => sentAt),
      receivedAt: 7,
      sealed: sealed.toString('base64'),
      ...changes,
    }),
  );
  if (!read.ok) throw new Error(`no extracted batch: ${read.at}`);
  return read.value;
}

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
  expect(JSON.stringify(published)).not.toContain('planted');
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
