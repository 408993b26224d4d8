import { expect, test } from 'vitest';
import { faultFrom } from './conformance.ts';
import { awsError } from '@masque/local-stack/fault-proxy';
import { secretBody, useFaultyQueue } from './faulty-queue.ts';

const faulty = useFaultyQueue();

test('entries that SQS failed are sent again, and their ids are at their places', async () => {
  const source = faulty.connect();
  const bodies = Array.from({ length: 10 }, (_, index) => `body ${index}`);
  faulty.proxy.rule(({ count }) =>
    count > 1
      ? undefined
      : { kind: 'rewrite', answer: failEntries((id) => Number(id) % 3 === 0, 'InternalError', false) },
  );
  const progress: number[] = [];
  const ids = await source.send(bodies, (count) => progress.push(count));
  expect(progress).toEqual([6, 10]);
  faulty.proxy.rule();
  const messages = [...(await source.receive()), ...(await source.receive())];
  const bodyOf = new Map(messages.map(({ id, body }) => [id, body]));
  expect(ids.map((id) => bodyOf.get(id))).toEqual(bodies);
});

test('an entry that SQS refuses for good is named by the index of its body', async () => {
  const source = faulty.connect();
  faulty.proxy.rule(({ count }) =>
    count === 1
      ? undefined
      : { kind: 'rewrite', answer: failEntries((id) => id === '2', 'InvalidParameterValue', true) },
  );
  await source.send(['the first request passes']);
  const fault = await faultFrom(source.send(Array.from({ length: 5 }, () => secretBody)));
  const details = { index: 2, reason: 'InvalidParameterValue', sent: 4 };
  expect(fault).toMatchObject({ code: 'sqs_body_refused', heals: false, details });
  expect(JSON.stringify(fault)).not.toContain(secretBody);
});

test('a batch that is too long for the queue is sent in halves', async () => {
  const source = faulty.connect();
  faulty.proxy.rule(({ request }) =>
    (request['Entries'] as unknown[]).length > 3
      ? awsError('BatchRequestTooLong', 400, 'AWS.SimpleQueueService.BatchRequestTooLong')
      : undefined,
  );
  const bodies = Array.from({ length: 10 }, (_, index) => String(index));
  expect(new Set(await source.send(bodies))).toHaveProperty('size', 10);
});

test('a send that cannot go on begins nothing more and says how far it came', async () => {
  const source = faulty.connect();
  faulty.proxy.rule(({ action, count }) =>
    action === 'SendMessageBatch' && count > 2 ? awsError('AccessDeniedException', 403, 'AccessDenied') : undefined,
  );
  const fault = await faultFrom(source.send(Array.from({ length: 300 }, () => secretBody)));
  expect(fault).toMatchObject({ code: 'access_denied', details: { action: 'SendMessageBatch', sent: 20 } });
  // The two that passed made room for two more beside the eight at once.
  expect(faulty.proxy.seen.get('SendMessageBatch')).toBeLessThanOrEqual(10);
  expect(await source.counts()).toEqual({ visible: 20, inFlight: 0, delayed: 0 });
});

interface Entry {
  readonly Id: string;
}

/** Moves entries of a real answer from Successful to Failed: SQS has them all the same, as after a lost acknowledgement. */
function failEntries(chosen: (id: string) => boolean, code: string, senderFault: boolean) {
  return (answer: Record<string, unknown>) => {
    const entries = answer['Successful'] as Entry[];
    const failed = entries.filter(({ Id }) => chosen(Id));
    return {
      Successful: entries.filter(({ Id }) => !chosen(Id)),
      Failed: failed.map(({ Id }) => ({ Id, Code: code, SenderFault: senderFault, Message: 'withheld by the test' })),
    };
  };
}
