import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault } from '@masque/fault';
import { newBatchId } from '@masque/handoff';
import { wireText } from '@masque/handoff/testing';
import { masked } from '@masque/handoff-masked';
import { keyPaths } from '@masque/key-files';
import { createKeys, readMaskKeys } from '@masque/masking';
import { createBrokenMasker, type MaskingMethod } from '@masque/masking/testing';
import { noTracing } from '@masque/observability';
import {
  definePipeline,
  ff1,
  hmac,
  ipcryptDet,
  ipcryptPfx,
  type MaskSpec,
  type Pipeline,
  redact,
  rsa,
  siv,
  textColumns,
  truncate,
  vault,
} from '@masque/pipeline';
import { createOpener, createSealer, generateSealKeys } from '@masque/sealing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createHandler } from '../src/handle.ts';
import { createBatchMasker } from '../src/mask-batch.ts';
import { anExtractedBatch } from './extracted-batch.ts';

/** Each method, with values that it takes. The last batch of messages has one of them twice. */
const methods: readonly [MaskSpec, readonly [string, string]][] = [
  [rsa('address', { bits: 2048 }), ['203.0.113.77', '203.0.113.78']],
  [rsa('text', { bits: 2048 }), ['SENTINEL-one', 'SENTINEL-two']],
  [vault('text', { bits: 2048 }), ['SENTINEL-one', 'SENTINEL-two']],
  [siv('address'), ['203.0.113.77', '203.0.113.78']],
  [siv('text'), ['SENTINEL-one', 'SENTINEL-two']],
  [hmac('text'), ['SENTINEL-one', 'SENTINEL-two']],
  [ff1({ alphabet: '0123456789', keep: '-' }), ['593-47-59280', '593-47-59281']],
  [ipcryptDet(), ['203.0.113.77', '203.0.113.78']],
  [ipcryptPfx(), ['203.0.113.77', '203.0.113.78']],
  [truncate(), ['203.0.113.77', '198.51.100.78']],
  [redact(), ['SENTINEL-one', 'SENTINEL-two']],
  [redact({ as: '(removed)' }), ['SENTINEL-one', 'SENTINEL-two']],
];

type MaskBatch = (values: readonly string[], real: MaskingMethod) => unknown;

const wrongs: readonly [string, MaskBatch][] = [
  ['throws, quoting the values', (values) => raise(new Error(`cannot mask ${values.join()}`))],
  ['throws the values', (values) => raise(values)],
  ['gives its input back', (values) => values],
  ['gives its input back in capitals', (values) => values.map((value) => `${value.toUpperCase()} `)],
  ['gives its input in base64', (values) => values.map((value) => Buffer.from(value).toString('base64url'))],
  ['gives its input as a token', (values) => values.map((value) => `rsa1.aaaaaa.${value}`)],
  ['gives objects that hold it', (values) => values.map((value) => ({ value }))],
  ['gives too few', (values, real) => real.maskBatch(values).slice(1)],
  ['gives too many', (values, real) => [...real.maskBatch(values), ...real.maskBatch(values)]],
  ['gives undefined', () => undefined],
  ['gives a hole', (values, real) => [...real.maskBatch(values).slice(1), undefined]],
  ['gives numbers', (values) => values.map((_, at) => at)],
  ['gives promises', (values, real) => real.maskBatch(values).map((token) => Promise.resolve(token))],
  ['gives one input among its tokens', (values, real) => [...real.maskBatch(values).slice(1), values[0]]],
  ['has tokens of another key', () => ['rsa1.aaaaaa.AAAA', 'rsa1.aaaaaa.BBBB']],
];

/** Entries that would tell the value, or belong to nothing. */
const wrongEntries: readonly [string, NonNullable<MaskingMethod['vault']>['entries']][] = [
  ['throws', (values) => raise(new Error(`cannot encrypt ${values.join()}`))],
  ['gives none', () => []],
  [
    'gives the value for a ciphertext',
    (values, tokens) =>
      tokens.map((token, at) => ({
        token,
        kid: 'aaaaaa',
        ciphertext: Buffer.from(values[at] ?? '').toString('base64'),
      })),
  ],
  ['gives no ciphertext', (_, tokens) => tokens.map((token) => ({ token, kid: 'aaaaaa', ciphertext: '' }))],
  ['gives another’s entry', (_, tokens) => tokens.map(() => ({ token: 'x', kid: 'aaaaaa', ciphertext: 'AAAA' }))],
];

function raise(thrown: unknown): never {
  throw thrown;
}

function pipelineOf(spec: MaskSpec): Pipeline {
  return definePipeline({
    name: 'secrets',
    source: { queue: 'secrets' },
    record: z.object({ secret: z.string().nullable(), open: z.string() }),
    mask: { secret: spec },
    target: {
      table: 'secrets',
      columns: { token: { type: 'text', token: 'secret' }, open: { type: 'text', from: 'open' } },
    },
  });
}

const [stageKeys, custodianKeys] = await Promise.all([generateSealKeys(), generateSealKeys()]);

/** What is handed on, and what is thrown, when a masker does this of a batch. */
async function handedOn(pipeline: Pipeline, masker: ReturnType<typeof createBrokenMasker>, bodies: readonly object[]) {
  const published: string[] = [];
  const handle = createHandler({
    tracing: noTracing,
    pipeline: pipeline.name,
    opener: createOpener([stageKeys]),
    quarantineSealer: createSealer(custodianKeys),
    maskBatch: createBatchMasker(pipeline, masker),
    textColumns: textColumns(pipeline),
    keys: masker.keys,
    origins: { verify: () => undefined },
    onForgedOrigin: () => {},
    publisher: { publish: async (batch) => void published.push(wireText(masked, batch)), close: async () => {} },
    onMasked: () => {},
  });
  const batch = await anExtractedBatch(
    stageKeys,
    { batch: newBatchId(), pipeline: pipeline.name },
    bodies.map((body) => JSON.stringify(body)),
  );
  const thrown: unknown = await handle({ batch, earlierTries: 0, addedAt: 0 }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { published, thrown };
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'masque-closed-'));
  const every = Object.fromEntries(methods.map(([spec], at) => [`f${at}`, spec]));
  await createKeys({ dir, mask: every });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(methods)('$method', (spec, [one, other]) => {
  const pipeline = pipelineOf(spec);
  const bodies = [
    { secret: one, open: 'a' },
    { secret: null, open: 'b' },
    { secret: other, open: 'c' },
    { secret: one, open: 'd' },
  ];
  const broken = async (
    change: (method: MaskingMethod) => Partial<MaskingMethod>,
  ): Promise<Awaited<ReturnType<typeof handedOn>>> => {
    const keys = await readMaskKeys(keyPaths(dir).masker.mask);
    return handedOn(pipeline, createBrokenMasker({ mask: pipeline.mask, keys }, change), bodies);
  };

  function expectNothing({ published, thrown }: Awaited<ReturnType<typeof handedOn>>): void {
    expect(published).toEqual([]);
    expect(thrown).toBeInstanceOf(Fault);
    const fault = thrown as Fault;
    expect(fault).toMatchObject({ code: 'masking_failed', details: { field: 'secret' } });
    for (const each of [fault, fault.cause as Fault]) {
      const words = `${each.stack} ${each.toLine()} ${JSON.stringify(each)}`;
      for (const value of [one, other]) expect(words).not.toContain(value);
    }
  }

  test('whole, it hands on tokens', async () => {
    const { published, thrown } = await broken(() => ({}));
    expect(thrown).toBeUndefined();
    expect(published).toHaveLength(1);
    for (const value of [one, other]) expect(published[0]).not.toContain(value);
  });

  test.each(wrongs)('that %s hands on nothing', async (_, maskBatch) => {
    expectNothing(
      await broken((real) => ({ maskBatch: (values) => maskBatch(values, real) as ReturnType<typeof real.maskBatch> })),
    );
  });

  test.each(spec.method === 'vault' ? wrongEntries : [])('whose encryption %s hands on nothing', async (_, entries) => {
    expectNothing(await broken(({ vault: real }) => (real === undefined ? {} : { vault: { ...real, entries } })));
  });
});
