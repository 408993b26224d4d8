import type { Connection } from './connection.ts';

/** What of a failed call may be looked at, by any transport. `text` is matched here and never shown. */
export interface Failure {
  readonly action: string;
  /** Error name as SQS or the SDK gives it. */
  readonly name: string;
  /** Node's error code, where the network or TLS failed. */
  readonly errno?: string | undefined;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  readonly text?: string | undefined;
}

export type Kind = keyof typeof kinds;
type Words<T> = (connection: Connection, failure: Failure) => T;

export interface KindSpec {
  readonly heals: boolean | ((connection: Connection) => boolean);
  readonly message: Words<string>;
  readonly setting?: Words<string | undefined>;
  readonly advice?: Words<string>;
}

/** Every code this package throws for a failed call, and what is said about it. */
export const kinds = {
  queue_missing: {
    heals: false,
    message: ({ queueName, place }) => `the queue ${queueName} does not exist at ${place}`,
    setting: ({ queueSetting }) => queueSetting,
    advice: () => 'Check the name, the account and the region; a queue made seconds ago may need a moment.',
  },
  access_denied: {
    heals: false,
    message: ({ queueName }, { action }) => `SQS does not allow ${action} on the queue ${queueName}`,
    advice: (_, { action }) =>
      `Grant sqs:${action.replace(/Batch$/, '')} to this role, and kms:Decrypt when the queue is encrypted with a key of yours.`,
  },
  credentials_missing: {
    heals: false,
    message: ({ place }) => `no AWS credentials were found for ${place}`,
    setting: () => 'AWS_ACCESS_KEY_ID',
    advice: () => 'Give the process a role, a profile or keys.',
  },
  credentials_refused: {
    heals: false,
    message: ({ place }, { name }) => `${place} refused the AWS credentials: ${name}`,
    setting: () => 'AWS_ACCESS_KEY_ID',
    advice: () => 'Check the keys, the region they sign for, and this machine’s clock.',
  },
  credentials_expired: {
    // A role's keys are renewed by the SDK before the next call; keys from the environment are renewed by nobody.
    heals: ({ staticCredentials }) => !staticCredentials,
    message: () => 'the AWS session token has expired',
    setting: ({ staticCredentials }) => (staticCredentials ? 'AWS_SESSION_TOKEN' : undefined),
  },
  region_missing: {
    heals: false,
    message: () => 'no usable AWS region is set',
    setting: () => 'AWS_REGION',
    advice: () => 'Name the queue’s, such as eu-west-1, or give the whole SQS_QUEUE_URL.',
  },
  sqs_unreachable: {
    heals: true,
    message: ({ place }, { errno }) => `SQS cannot be reached at ${place} (${errno ?? 'no answer in time'})`,
    // Without an endpoint of its own the place follows from the queue's URL or the region.
    setting: ({ endpoint, queueUrl }) => {
      if (endpoint === undefined) return 'AWS_REGION';
      return queueUrl !== undefined && new URL(queueUrl).origin === endpoint ? 'SQS_QUEUE_URL' : 'AWS_ENDPOINT_URL_SQS';
    },
    advice: () => 'Check host and port, that the service is running, and that this machine may reach it.',
  },
  sqs_untrusted: {
    heals: false,
    message: ({ place }, { errno }) => `the TLS connection to ${place} failed (${errno})`,
    setting: () => 'AWS_ENDPOINT_URL_SQS',
    advice: () => 'Check http against https, and name a private authority in NODE_EXTRA_CA_CERTS.',
  },
  sqs_throttled: {
    heals: true,
    message: ({ place }) => `SQS at ${place} throttles`,
  },
  sqs_in_flight_limit: {
    heals: true,
    message: ({ queueName }) => `the queue ${queueName} has as many messages in flight as SQS allows`,
    advice: () => 'Deletes or visibility timeouts make room.',
  },
  sqs_failed: {
    heals: true,
    message: ({ place }, { status }) => `SQS at ${place} failed${status === undefined ? '' : ` with status ${status}`}`,
  },
  sqs_protocol: {
    heals: false,
    message: ({ place, protocol }) => `what answers at ${place} does not speak SQS’s ${protocol} protocol`,
    setting: ({ protocol }) => (protocol === 'json' ? 'SQS_PROTOCOL' : 'AWS_ENDPOINT_URL_SQS'),
    advice: ({ protocol }) =>
      protocol === 'json'
        ? 'Check AWS_ENDPOINT_URL_SQS; LocalStack before 3.0 needs SQS_PROTOCOL=query.'
        : 'Check the endpoint; SQS_PROTOCOL=query is for LocalStack before 3.0 only.',
  },
  sqs_batch_too_long: { heals: false, message: () => 'SQS takes no batch of that size' },
  sqs_refused: {
    heals: false,
    message: (_, { action, name, status }) =>
      `SQS refused ${action}: ${name}${status === undefined ? '' : `, ${status}`}`,
  },
  sqs_call_aborted: { heals: true, message: (_, { action }) => `${action} was called off` },
} as const satisfies Record<string, KindSpec>;
