/** One call of SQS's JSON protocol, past the fault proxy. */
export type SqsCall = (action: string, input: object) => Promise<Readonly<Record<string, unknown>>>;

export function createSqsCall(endpoint: string): SqsCall {
  return async (action, input) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `AmazonSQS.${action}` },
      body: JSON.stringify(input),
    });
    const output = (await response.json()) as Readonly<Record<string, unknown>>;
    if (!response.ok) throw new Error(`the local SQS refused ${action}: ${String(output['__type'])}`);
    return output;
  };
}

/** Ids of all messages of a queue, which are gone from it afterwards. */
export async function drain(call: SqsCall, queueUrl: string): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const { Messages = [] } = await call('ReceiveMessage', { QueueUrl: queueUrl, MaxNumberOfMessages: 10 });
    const messages = Messages as readonly { readonly MessageId: string; readonly ReceiptHandle: string }[];
    if (messages.length === 0) return ids;
    ids.push(...messages.map(({ MessageId }) => MessageId));
    const Entries = messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
    await call('DeleteMessageBatch', { QueueUrl: queueUrl, Entries });
  }
}
