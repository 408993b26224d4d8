// Creates the pipeline's queue on the local SQS, with a dead-letter queue behind it. CreateQueue is idempotent: what is
// there stays as it is. Plain fetch, since signatures are not checked here.
import { existsSync } from 'node:fs';

const endpoint = process.env.LOCAL_SQS ?? 'http://sqs:4566';
const name = process.env.SQS_QUEUE_NAME || (await definition()).source.queue;

const deadLetters = await call('CreateQueue', {
  QueueName: `${name}-dead-letters`,
  Attributes: { MessageRetentionPeriod: '1209600' },
});
const { Attributes } = await call('GetQueueAttributes', { ...deadLetters, AttributeNames: ['QueueArn'] });
await call('CreateQueue', {
  QueueName: name,
  Attributes: {
    VisibilityTimeout: '60',
    // Every delivery counts, also one that a crash cut short: about 10, never 1.
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: Attributes.QueueArn, maxReceiveCount: 10 }),
  },
});
process.stdout.write(`queue ${name} is there, with ${name}-dead-letters behind it\n`);

async function definition() {
  const file = process.env.MASQUE_PIPELINE || 'user-logins';
  const paths = file.includes('/') ? [file] : [`/app/pipelines/${file}.ts`, `/app/pipelines/${file}.js`];
  const path = paths.find((each) => existsSync(each));
  if (path === undefined) throw new Error(`no pipeline definition at ${paths.join(' or ')}`);
  return (await import(path)).default;
}

async function call(action, body) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `AmazonSQS.${action}`,
      authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/sqs/aws4_request',
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${action} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
