import { setTimeout as sleep } from 'node:timers/promises';
import { awsError, type Exchange, type Verdict } from '@masque/local-stack/fault-proxy';
import { defineMishap, type Mishap } from '../mishap.ts';
import { createRandom } from '../random.ts';
import { traffic } from '../traffic.ts';

interface Spell {
  readonly name: string;
  /** Share of the requests that suffer. */
  readonly share: readonly [number, number];
  readonly verdict: (exchange: Exchange, chance: () => boolean) => Verdict | undefined;
  /** Its length; milliseconds before scaling. Default 3,000 to 8,000. */
  readonly ms?: readonly [number, number];
}

const receives = ({ action }: Exchange): boolean => action === 'ReceiveMessage';
const deletes = ({ action }: Exchange): boolean => action === 'DeleteMessageBatch';

/** Deletes are fewer than receives. */
const deletesMs = [6_000, 12_000] as const;

const spells: readonly Spell[] = [
  { name: 'errors', share: [30, 90], verdict: () => awsError('InternalFailure', 500) },
  { name: 'throttle', share: [30, 90], verdict: () => awsError('RequestThrottled', 403) },
  { name: 'timeouts', share: [5, 20], verdict: () => ({ kind: 'hang' }) },
  { name: 'cuts-before', share: [20, 60], verdict: () => ({ kind: 'cut', when: 'before' }) },
  { name: 'cuts-within', share: [20, 60], verdict: () => ({ kind: 'cut', when: 'within' }) },
  { name: 'slow', share: [30, 80], verdict: () => ({ kind: 'hold', until: sleep(1_500) }) },
  {
    name: 'failed-deletes',
    ms: deletesMs,
    share: [50, 100],
    verdict: (exchange, chance) =>
      deletes(exchange) ? { kind: 'withhold', entry: () => chance(), answer: 'Failed' } : undefined,
  },
  {
    name: 'late-receipts',
    ms: deletesMs,
    share: [30, 60],
    verdict: (exchange, chance) =>
      deletes(exchange) ? { kind: 'withhold', entry: () => chance(), answer: 'Successful' } : undefined,
  },
  {
    name: 'duplicates',
    share: [40, 80],
    verdict: (exchange) => (receives(exchange) ? { kind: 'repeat', most: 5 } : undefined),
  },
  {
    name: 'lost-receives',
    share: [20, 50],
    verdict: (exchange) => (receives(exchange) ? { kind: 'cut', when: 'after' } : undefined),
  },
  {
    name: 'lost-deletes',
    ms: deletesMs,
    share: [20, 50],
    verdict: (exchange) => (deletes(exchange) ? { kind: 'cut', when: 'after' } : undefined),
  },
];

const spell = ({ name, share, verdict, ms: [shortest, longest] = [3_000, 8_000] }: Spell): Mishap =>
  defineMishap({
    name: `sqs:${name}`,
    strikes: ['sqs'],
    draw: (random, scale) => ({
      percent: random.between(...share),
      ms: Math.round(random.between(shortest, longest) * Math.max(scale, 0.25)),
    }),
    async run({ proxy }, { percent, ms }) {
      const random = createRandom(`${name}/${percent}/${ms}`);
      const chance = (): boolean => random.next() * 100 < percent;
      let struck = 0;
      let seen = 0;
      proxy.rule((exchange) => {
        seen += 1;
        const found = chance() ? verdict(exchange, chance) : undefined;
        if (found !== undefined) struck += 1;
        return found;
      });
      await sleep(ms);
      proxy.rule();
      return `${struck} of ${seen} requests in ${ms} ms`;
    },
  });

/** Messages that were dead come back as AWS brings them: under new ids, sent anew. */
const redriven = defineMishap({
  name: 'sqs:redrive',
  strikes: ['sqs'],
  draw: (random) => ({ messages: random.between(10, 30), of: random.between(0, 9_999) }),
  async run({ post, proxy, queue, dead }, { messages, of }) {
    const dying = traffic(createRandom(`redrive/${of}`), `redriven-${of}`)
      .take(messages)
      .toArray();
    const ids = await post.sendTo(dead.url, dying);
    await fetch(proxy.endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'AmazonSQS.StartMessageMoveTask' },
      body: JSON.stringify({ SourceArn: dead.arn, DestinationArn: queue.arn }),
    });
    const moved = ids.filter((id) => proxy.moved.has(id));
    for (const id of moved) post.renamed(id, proxy.moved.get(id) ?? '');
    return `${moved.length} messages came back from the dead-letter queue under new ids`;
  },
});

export const sqsMishaps: readonly Mishap[] = [...spells.map(spell), redriven];
