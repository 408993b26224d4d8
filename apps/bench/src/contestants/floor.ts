/**
 * The floor: what receiving and deleting alone costs with the stock client. Tuned as far as it goes: connections kept
 * alive and enough of them, no MD5 of the bodies, ten messages a call, and a number of loops beyond which it got no
 * faster.
 */
import { createStockClient, queueUrl, untilTold } from './stock-sqs.ts';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';

const loops = 8;
const sqs = createStockClient();
const told = untilTold();

await Promise.all(
  Array.from({ length: loops }, async () => {
    while (!told.aborted) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (Messages.length === 0) continue;
      const Entries = Messages.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }),
);
