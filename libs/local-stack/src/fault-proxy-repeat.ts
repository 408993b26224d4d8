/** At-least-once delivery: messages that come again, under receipts of their own, deleted ones too. */
export interface Repeater {
  /** The answer of a receive, with up to `most` earlier messages beside its own. */
  received(answer: Buffer, input: Input, most: number): Buffer;
  /** A request whose receipts SQS knows. */
  withRealReceipts(sent: Buffer, input: Input): Buffer;
}

type Input = Readonly<Record<string, unknown>>;

interface Message {
  readonly MessageId: string;
  readonly ReceiptHandle: string;
}

/** Deliveries of a queue to repeat from. */
const memory = 200;
/** SQS answers a receive with ten at most. */
const mostAtOnce = 10;
const prefix = /^again-\d+-/;

export function createRepeater(): Repeater {
  const deliveredFrom = new Map<unknown, Message[]>();
  let repeats = 0;

  return {
    received(answer, { QueueUrl }, most) {
      const delivered = deliveredFrom.get(QueueUrl) ?? [];
      const { Messages = [], ...rest } = JSON.parse(answer.toString()) as { readonly Messages?: Message[] };
      const again: Message[] = [];
      while (again.length < Math.min(most, mostAtOnce - Messages.length, delivered.length)) {
        repeats += 1;
        // Spread over what is remembered, and the same for the same course of requests.
        const earlier = delivered[(repeats * 37) % delivered.length];
        if (earlier !== undefined)
          again.push({ ...earlier, ReceiptHandle: `again-${repeats}-${earlier.ReceiptHandle}` });
      }
      deliveredFrom.set(QueueUrl, [...delivered, ...Messages].slice(-memory));
      return again.length === 0 ? answer : Buffer.from(JSON.stringify({ ...rest, Messages: [...Messages, ...again] }));
    },
    withRealReceipts(sent, input) {
      if (!sent.includes('"again-')) return sent;
      const { Entries } = input as { readonly Entries?: readonly Input[] };
      const entries = Entries === undefined ? {} : { Entries: Entries.map(withRealReceipt) };
      return Buffer.from(JSON.stringify({ ...withRealReceipt(input), ...entries }));
    },
  };
}

function withRealReceipt(entry: Input): Input {
  const { ReceiptHandle: receipt } = entry;
  return typeof receipt === 'string' ? { ...entry, ReceiptHandle: receipt.replace(prefix, '') } : entry;
}
