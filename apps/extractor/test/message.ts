import type { SourceMessage } from '@masque/sqs-source';

export function aMessage(changes: Partial<SourceMessage> = {}): SourceMessage {
  return { id: 'm-0', receipt: 'r-0', body: '{}', sentAt: 1_663_113_599_500, receives: 1, ...changes };
}

/** Messages told apart by their number, with a body of so many bytes each. */
export function someMessages(count: number, from = 0, bytes = 2): SourceMessage[] {
  return Array.from({ length: count }, (_, at) =>
    aMessage({ id: `m-${from + at}`, receipt: `r-${from + at}`, body: 'x'.repeat(bytes), sentAt: from + at }),
  );
}
