import { Fault } from '@masque/fault';
import { overTheWire } from '@masque/handoff/testing';
import { extracted, type ExtractedBatch, sealContext } from '@masque/handoff-extracted';
import { noTracing } from '@masque/observability';
import { createOpener, createSealer, generateSealKeys } from '@masque/sealing';
import type { SourceMessage } from '@masque/sqs-source';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { OpenBatch } from '../src/batcher.ts';
import { createShipper, type SentBatch, type ShipperDeps } from '../src/shipper.ts';
import { aMessage, someMessages } from './message.ts';

const keys = await generateSealKeys();
const sealer = createSealer(keys);
const away = new Fault('redis_unreachable', 'Redis is away', { heals: true });
const wrong = new Fault('redis_wrong_version', 'Redis is too old', { heals: false });

/** What a publish of the nth try of a batch does: by default it succeeds. */
type Publish = (tries: number, batch: ExtractedBatch) => Promise<void>;

function setup({ publish = async () => {}, ...changes }: Partial<ShipperDeps> & { readonly publish?: Publish } = {}) {
  const tries = new Map<string, number>();
  const published: ExtractedBatch[] = [];
  const sent: SentBatch[] = [];
  const givenUp: { readonly id: string; readonly messages: number; readonly code: string }[] = [];
  const released: string[] = [];
  const left: OpenBatch[] = [];
  const faults: string[] = [];
  const shipper = createShipper({
    tracing: noTracing,
    pipeline: 'user-logins',
    visibilityTimeoutMs: 60_000,
    sealer,
    publisher: {
      async publish(value) {
        const read = overTheWire(extracted, value);
        if (!read.ok) throw new Error(`the masker would not read ${read.at}`);
        const count = (tries.get(read.value.batch) ?? 0) + 1;
        tries.set(read.value.batch, count);
        await publish(count, read.value);
        published.push(read.value);
      },
      close: async () => {},
    },
    release: async (receipts) => {
      released.push(...receipts);
      return receipts.length;
    },
    onSent: (batch) => sent.push(batch),
    onGivenUp: (batch, { code }) => givenUp.push({ ...batch, code }),
    onLeft: (batch) => left.push(batch),
    onFault: ({ code }) => faults.push(code),
    ...changes,
  });
  const ship = (messages: SourceMessage[], receivedAt = Date.now()): void =>
    shipper.ship({ messages, bytes: messages.reduce((sum, { body }) => sum + body.length, 0), receivedAt });
  return { shipper, ship, tries, published, sent, givenUp, released, left, faults };
}

const soon = (): number => Date.now() + 10_000;

test('a batch goes sealed, with what SQS told of each message beside it', async () => {
  const { shipper, ship, published, sent, left } = setup();
  const again = aMessage({ id: 'm-9', receipt: 'r-9', sentAt: 99, origin: 'who it was first' });
  ship([aMessage({ body: 'planted \ud800' }), again], 1_000_000_000_000);
  expect([shipper.unsent, shipper.unsentBytes, left.length]).toEqual([1, 11, 0]);
  expect(await shipper.drain(soon())).toEqual({ released: 0 });
  expect([shipper.unsent, shipper.unsentBytes, left.length]).toEqual([0, 0, 1]);
  const [batch] = published as [ExtractedBatch];
  expect(batch).toMatchObject({
    pipeline: 'user-logins',
    deadline: 1_000_000_060_000,
    receivedAt: 1_000_000_000_000,
    messageIds: ['m-0', 'm-9'],
    receipts: ['r-0', 'r-9'],
    sentAt: [1_663_113_599_500, 99],
    origins: ['', 'who it was first'],
  });
  expect(JSON.stringify(batch)).not.toContain('planted');
  expect(batch.sealed.includes('planted')).toBe(false);
  const bodies = await createOpener([keys]).open(batch.sealed, sealContext('user-logins', batch.batch));
  expect(bodies.map((body) => body.toString('hex'))).toEqual(['706c616e74656420eda080', '7b7d']);
  expect(sent).toEqual([{ id: batch.batch, receipts: ['r-0', 'r-9'], receivedAt: 1_000_000_000_000, bytes: 11 }]);
});

test('while Redis is away the same batch is offered again under the same id', async () => {
  const { shipper, ship, tries, sent, faults, givenUp } = setup({
    publish: async (count) => {
      if (count < 4) throw away;
    },
  });
  ship(someMessages(2));
  await shipper.drain(soon());
  expect([...tries]).toEqual([[sent[0]?.id, 4]]);
  expect(faults).toEqual(['redis_unreachable', 'redis_unreachable', 'redis_unreachable']);
  expect(sent).toHaveLength(1);
  expect(givenUp).toEqual([]);
});

test('large batches are sealed a few at a time, and at a shutdown those in line are handed back as they are', async () => {
  const offered: string[] = [];
  const { shipper, ship, published, released } = setup({
    sealer: {
      seal: async (bodies, aad) => {
        offered.push(aad);
        return sealer.seal(bodies, aad);
      },
    },
    publish: () => Promise.reject(away),
  });
  for (let at = 0; at < 5; at += 1) ship([aMessage({ receipt: `r-${at}`, body: 'x'.repeat(1_048_576) })]);
  expect(await shipper.drain(Date.now() + 200)).toEqual({ released: 5 });
  expect(offered).toHaveLength(2);
  expect(published).toEqual([]);
  expect(released.sort()).toEqual(['r-0', 'r-1', 'r-2', 'r-3', 'r-4']);
});

test('two batches have two ids', async () => {
  const { shipper, ship, tries } = setup();
  ship(someMessages(1));
  ship(someMessages(1));
  await shipper.drain(soon());
  expect(tries.size).toBe(2);
});

test('past its deadline a batch is given up and left to SQS, which shows it by itself', async () => {
  const gaveUp = Promise.withResolvers<void>();
  const { shipper, ship, sent, released, tries } = setup({
    visibilityTimeoutMs: 60,
    publish: () => Promise.reject(away),
    onGivenUp: ({ id, messages }, { code }) => {
      expect([tries.has(id), messages, code]).toEqual([true, 3, 'redis_unreachable']);
      gaveUp.resolve();
    },
  });
  ship(someMessages(3));
  await gaveUp.promise;
  await shipper.drain(soon());
  expect([sent, released]).toEqual([[], []]);
});

test('a batch that is late before its first try has one, and no more', async () => {
  const { shipper, ship, tries, givenUp } = setup({ publish: () => Promise.reject(away) });
  ship(someMessages(1), Date.now() - 120_000);
  await shipper.drain(soon());
  expect([...tries.values()]).toEqual([1]);
  expect(givenUp).toMatchObject([{ messages: 1, code: 'redis_unreachable' }]);
});

test('what no waiting heals is given up at once', async () => {
  const { shipper, ship, tries, givenUp } = setup({ publish: () => Promise.reject(wrong) });
  ship(someMessages(1));
  await shipper.drain(soon());
  expect([...tries.values()]).toEqual([1]);
  expect(givenUp).toMatchObject([{ code: 'redis_wrong_version' }]);
});

test('a sealer that fails costs the batch and tells no words', async () => {
  const { shipper, ship, tries, givenUp } = setup({ sealer: { seal: () => Promise.reject(new Error('planted')) } });
  ship(someMessages(1));
  await shipper.drain(soon());
  expect(tries.size).toBe(0);
  expect(givenUp).toMatchObject([{ code: 'internal' }]);
});

test('at shutdown the unsent are waited for, then handed back at once', async () => {
  const { shipper, ship, sent, released, givenUp } = setup({
    publish: async (_, { messageIds }) => {
      if (messageIds.includes('m-0')) throw away;
    },
  });
  ship(someMessages(2));
  ship(someMessages(1, 7));
  expect(await shipper.drain(Date.now() + 50)).toEqual({ released: 2 });
  expect(released).toEqual(['r-0', 'r-1']);
  expect(sent).toMatchObject([{ receipts: ['r-7'] }]);
  expect(givenUp).toEqual([]);
  expect(shipper.unsent).toBe(0);
});

test('an add that is under way at the end of the time is neither cut off nor handed back', async () => {
  const { shipper, ship, sent, released } = setup({
    publish: () => new Promise((resolve) => setTimeout(resolve, 30)),
  });
  ship(someMessages(1));
  expect(await shipper.drain(Date.now())).toEqual({ released: 0 });
  expect(sent).toHaveLength(1);
  expect(released).toEqual([]);
});

test('released is what SQS took, not what was offered', async () => {
  const { shipper, ship } = setup({ publish: () => Promise.reject(away), release: async () => 1 });
  ship(someMessages(3));
  expect(await shipper.drain(Date.now())).toEqual({ released: 1 });
});

test('however publishing fails, a batch leaves by exactly one end and is published at most once', async () => {
  const fate = fc.record({
    failures: fc.constantFrom(0, 1, 2, Infinity),
    heals: fc.boolean(),
    lateMs: fc.constantFrom(0, 59_980),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 8 }), fc.constantFrom(0, 40), async (fates, drainMs) => {
      const { shipper, ship, published, sent, givenUp, released, left } = setup({
        publish: async (count, { sentAt }) => {
          const { failures = 0, heals = true } = fates[sentAt[0] ?? 0] ?? {};
          if (count <= failures) throw heals ? away : wrong;
        },
      });
      for (const [at, { lateMs }] of fates.entries()) ship(someMessages(1, at), Date.now() - lateMs);
      const drained = await shipper.drain(Date.now() + drainMs);
      expect(published.map(({ batch }) => batch)).toEqual(sent.map(({ id }) => id));
      expect(drained.released).toBe(released.length);
      const ends = [...sent.flatMap(({ receipts }) => receipts), ...released];
      expect(new Set(ends).size).toBe(ends.length);
      expect(ends.length + givenUp.length).toBe(fates.length);
      expect(new Set(left).size).toBe(fates.length);
      expect([left.length, shipper.unsent, shipper.unsentBytes]).toEqual([fates.length, 0, 0]);
    }),
    { numRuns: 20 },
  );
});
