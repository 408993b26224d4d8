/**
 * The best that the same libraries give in one process: pollers that gather batches of 200, one `unnest` insert each,
 * deletes in tens, and the next batch under way meanwhile. No Redis, no seals, no ledger, no quarantine, one core; at
 * least once.
 */
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { Pool } from 'pg';
import { columnTypes, createRowMaker, type LoginRow } from './login-rows.ts';
import { createStockClient, queueUrl, untilTold } from './stock-sqs.ts';

const pollers = 8;
const batchMax = 200;
const sqs = createStockClient();
const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 4 });
const rowsOf = await createRowMaker();
const told = untilTold();

const arrays = columnTypes.map((type, at) => `$${at + 1}::${type}[]`).join(', ');
const insert = { name: 'rows', text: `insert into bench_logins select * from unnest(${arrays})` };

let open: Message[] = [];
const underWay = new Set<Promise<void>>();

async function place(messages: readonly Message[]): Promise<void> {
  const rows = rowsOf(messages.map(({ Body = '' }) => Body));
  const columns = columnTypes.map((_, column) => rows.map((row: LoginRow) => row[column]));
  await pool.query({ ...insert, values: columns });
  const tens = Array.from({ length: Math.ceil(messages.length / 10) }, (_, at) =>
    messages.slice(at * 10, at * 10 + 10),
  );
  await Promise.all(
    tens.map((ten) =>
      sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: ten.map(({ ReceiptHandle }, at) => ({ Id: String(at), ReceiptHandle })),
        }),
      ),
    ),
  );
}

function close(): void {
  if (open.length === 0) return;
  const placing = place(open).finally(() => underWay.delete(placing));
  open = [];
  underWay.add(placing);
}

const linger = setInterval(close, 25);
await Promise.all(
  Array.from({ length: pollers }, async () => {
    while (!told.aborted) {
      while (underWay.size >= 8) await Promise.race(underWay);
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      open.push(...Messages);
      if (open.length >= batchMax) close();
    }
  }),
);
clearInterval(linger);
close();
await Promise.all(underWay);
await pool.end();
