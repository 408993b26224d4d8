import { integer, keySettings, oneOf, redisSettings, type SettingsOf, stageSettings, text, url } from '@masque/stage';

export const settings = {
  ...stageSettings,
  ...redisSettings,
  ...keySettings,
  SQS_QUEUE_URL: url({
    doc: 'The queue. Wins over SQS_QUEUE_NAME.',
    schemes: ['https', 'http'],
    optional: true,
  }),
  SQS_QUEUE_NAME: text({
    doc: 'The queue’s name, looked up in the account of the credentials. Without either, the pipeline’s own.',
    optional: true,
  }),
  AWS_REGION: text({ doc: 'Region of the queue; else what the AWS configuration says.', optional: true }),
  AWS_ENDPOINT_URL_SQS: url({
    doc: 'Another SQS-compatible service: ElasticMQ, fauxqs, LocalStack, a VPC endpoint.',
    schemes: ['https', 'http'],
    optional: true,
  }),
  SQS_PROTOCOL: oneOf({
    doc: 'What the service speaks; `query` for emulators older than 2023.',
    choices: ['json', 'query'],
    fallback: 'json',
  }),
  SQS_TRANSPORT: oneOf({
    doc: 'What receives and deletes: `lean`, or the AWS `sdk`, which takes several times the CPU.',
    choices: ['lean', 'sdk'],
    fallback: 'lean',
  }),
  SQS_VISIBILITY_TIMEOUT_S: integer({
    doc: 'How long a received message stays hidden. More than twice the time in which a dead replica is noticed (20 s).',
    unit: 'seconds',
    fallback: 60,
    min: 2,
    max: 43_200,
  }),
  SQS_WAIT_S: integer({ doc: 'Long poll; a shutdown waits for it.', unit: 'seconds', fallback: 5, min: 0, max: 20 }),
  SQS_POLLERS: integer({ doc: 'Receive calls at once.', fallback: 4, min: 1, max: 64 }),
  SETTLE_CONCURRENCY: integer({
    doc: 'Settled batches deleted at once.',
    unit: 'batches',
    fallback: 4,
    min: 1,
    max: 64,
  }),
  BATCH_MAX: integer({ doc: 'Most messages in a batch.', unit: 'messages', fallback: 400, min: 1, max: 2_000 }),
  BATCH_MAX_BYTES: integer({
    doc: 'A batch is closed before its bodies exceed this, unless one body alone does.',
    unit: 'bytes',
    fallback: 1_048_576,
    min: 1_024,
    max: 4_194_304,
  }),
  BATCH_LINGER_MS: integer({
    doc: 'How long a batch waits for more after its first message; up to 100 if it will be full by then.',
    unit: 'milliseconds',
    fallback: 25,
    min: 0,
    max: 10_000,
  }),
  BACKLOG_MAX: integer({
    doc: 'Receiving stops when so many batches wait or run in the stages behind, and goes on at half of it.',
    unit: 'batches',
    fallback: 100,
    min: 2,
    max: 100_000,
  }),
  BACKLOG_MAX_BYTES: integer({
    doc: 'Receiving stops as well when the bodies of these batches come to so much; in Redis they take a third more.',
    unit: 'bytes',
    fallback: 134_217_728,
    min: 1_048_576,
    max: 68_719_476_736,
  }),
};

export type ExtractorSettings = SettingsOf<typeof settings>;

export function checkSettings(values: ExtractorSettings): string[] {
  const faults: string[] = [];
  if (values.SHUTDOWN_GRACE_S * 0.75 <= values.SQS_WAIT_S) {
    faults.push(
      `SHUTDOWN_GRACE_S (${values.SHUTDOWN_GRACE_S}) leaves no time for a long poll of SQS_WAIT_S (${values.SQS_WAIT_S}) to end: three quarters of it must be longer`,
    );
  }
  if (values.SQS_VISIBILITY_TIMEOUT_S * 1_000 <= values.BATCH_LINGER_MS) {
    faults.push('BATCH_LINGER_MS is not shorter than SQS_VISIBILITY_TIMEOUT_S: every batch would be late');
  }
  return faults;
}
