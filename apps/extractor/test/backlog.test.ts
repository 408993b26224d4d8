import { Fault } from '@masque/fault';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBacklog, type Load } from '../src/backlog.ts';

const away = new Fault('redis_unreachable', 'Redis is away', { heals: true });
const max: Load = { batches: 10, bytes: 1_000 };

const steps = {
  receive: 'a batch comes in hand',
  arrive: 'a batch in hand is in Redis, which nobody here knows yet',
  send: 'a batch in hand is in Redis, and in hand no more',
  giveUp: 'a batch is in hand no more, and in Redis if it arrived there unknown',
  load: 'a batch behind is done',
  flush: 'Redis loses all',
  ask: 'a look is asked for',
  read: 'Redis reads what is there',
  answer: 'what was read is answered',
  fail: 'the look fails',
} as const;

/** What is really there: batches by number, each of them in hand, behind, or both. */
function setup() {
  const bytesOf: number[] = [];
  const hand = new Set<number>();
  const behind = new Set<number>();
  let look: (PromiseWithResolvers<Load> & { readonly ended: Promise<unknown> }) | undefined;
  let read: Load | undefined;
  const backlog = createBacklog({ inHand: () => loadOf(hand), max });

  function loadOf(ids: Iterable<number>): Load {
    const all = [...ids].map((id) => bytesOf[id] ?? 0);
    return { batches: all.length, bytes: all.reduce((sum, bytes) => sum + bytes, 0) };
  }

  async function end(how: (under: NonNullable<typeof look>) => void): Promise<void> {
    if (look === undefined) return;
    how(look);
    await look.ended;
    look = read = undefined;
  }

  const act = {
    receive: (pick: number) => void hand.add(bytesOf.push(pick) - 1),
    arrive: (pick: number) => {
      const id = [...hand][pick % Math.max(1, hand.size)];
      if (id !== undefined) behind.add(id);
    },
    send: (pick: number) => {
      act.arrive(pick);
      act.giveUp(pick);
    },
    giveUp: (pick: number) => {
      const id = [...hand][pick % Math.max(1, hand.size)];
      if (id === undefined) return;
      hand.delete(id);
      backlog.left({ batches: 1, bytes: bytesOf[id] ?? 0 });
    },
    load: (pick: number) => void behind.delete([...behind][pick % Math.max(1, behind.size)] ?? -1),
    flush: () => behind.clear(),
    ask: () => {
      if (look !== undefined) return;
      const reading = Promise.withResolvers<Load>();
      look = { ...reading, ended: backlog.look(() => reading.promise).catch(() => {}) };
    },
    read: () => {
      if (look !== undefined) read = loadOf(behind);
    },
    answer: () => end(({ resolve }) => resolve(read ?? loadOf(behind))),
    fail: () => end(({ reject }) => reject(away)),
  } satisfies Record<keyof typeof steps, (pick: number) => Promise<void> | void>;
  const there = (): Load => loadOf(new Set([...hand, ...behind]));
  return { backlog, act, there, behind: () => loadOf(behind), hand };
}

const anyStep = fc.record({
  step: fc.constantFrom(...(Object.keys(steps) as (keyof typeof steps)[])),
  pick: fc.nat(300),
});

test('whatever overtakes what, there is never more than it says, and in calm it says what is there', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), async (todo) => {
      const { backlog, act, there, behind, hand } = setup();
      for (const { step, pick } of todo) {
        await act[step](pick);
        const { batches, bytes } = there();
        expect(backlog.atMost.batches).toBeGreaterThanOrEqual(batches);
        expect(backlog.atMost.bytes).toBeGreaterThanOrEqual(bytes);
        expect(backlog.mayBeFull || (batches < max.batches && bytes < max.bytes)).toBe(true);
      }
      await act.answer();
      while (hand.size > 0) act.giveUp(0);
      act.ask();
      await act.answer();
      expect(backlog.atMost).toEqual(behind());
      act.flush();
      act.ask();
      await act.answer();
      expect([backlog.atMost, backlog.isFull, backlog.mayBeFull]).toEqual([{ batches: 0, bytes: 0 }, false, false]);
    }),
    { numRuns: 300 },
  );
});

test('what is seen to be full stays so until half, whatever counts twice in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(12), { maxLength: 20 }), fc.nat(20), async (seen, inHand) => {
      const backlog = createBacklog({ inHand: () => ({ batches: inHand, bytes: 0 }), max });
      let isFull = false;
      for (const batches of seen) {
        isFull = batches >= 10 || (isFull && batches > 5);
        await backlog.look(async () => ({ batches, bytes: 0 }));
        expect(backlog.isFull).toBe(isFull);
      }
    }),
  );
});

test('two looks at once are refused, and the first goes on', async () => {
  const backlog = createBacklog({ inHand: () => ({ batches: 0, bytes: 0 }), max });
  const first = Promise.withResolvers<Load>();
  const looking = backlog.look(() => first.promise);
  await expect(backlog.look(async () => max)).rejects.toThrow('two looks at once');
  first.resolve({ batches: 3, bytes: 7 });
  await looking;
  expect(backlog.atMost).toEqual({ batches: 3, bytes: 7 });
});
