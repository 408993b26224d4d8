import type { SqsSource } from '@masque/sqs-source';

type Counts = Readonly<Record<'visible' | 'in_flight' | 'delayed', number>>;

/** SQS's own counts are up to a minute behind, and each look is a request that costs. */
const freshMs = 10_000;

/** What SQS says of the queue, asked for at most every ten seconds; a failure is an absence, and is not asked again sooner. */
export function createQueueCounts(
  source: Pick<SqsSource, 'counts'>,
  now: () => number = () => performance.now(),
): () => Promise<Counts> {
  let last: { readonly at: number; readonly counts: Promise<Counts> } | undefined;
  return () => {
    if (last === undefined || now() - last.at > freshMs) last = { at: now(), counts: look(source) };
    return last.counts;
  };
}

async function look(source: Pick<SqsSource, 'counts'>): Promise<Counts> {
  const { visible, inFlight, delayed } = await source.counts();
  return { visible, in_flight: inFlight, delayed };
}
