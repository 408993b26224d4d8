/**
 * The usual Node way: `sqs-consumer` hands over a message, `pg` inserts a row, and the message is deleted. At least
 * once: a crash between the two inserts a row twice.
 */
import { Pool } from 'pg';
import { Consumer } from 'sqs-consumer';
import { createRowMaker } from './login-rows.ts';
import { createStockClient, queueUrl } from './stock-sqs.ts';

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 });
const rowsOf = await createRowMaker();

const consumer = Consumer.create({
  queueUrl,
  sqs: createStockClient(),
  batchSize: 10,
  waitTimeSeconds: 1,
  async handleMessage(message) {
    const [row] = rowsOf([message.Body ?? '']);
    if (row === undefined) return message;
    await pool.query({
      name: 'row',
      text: 'insert into bench_logins values ($1, $2, $3, $4, $5, $6, $7)',
      values: [...row],
    });
    return message;
  },
});
consumer.on('error', (error) => process.stderr.write(`${error.name}\n`));
process.once('SIGTERM', () => {
  consumer.once('stopped', () => void pool.end());
  consumer.stop();
});
consumer.start();
