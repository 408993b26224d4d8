import type { Pipeline } from '@masque/pipeline';
import { createSqsSource, type SqsSource } from '@masque/sqs-source';
import { readEnvironment, settings } from './environment.ts';

/** How any queue of this account is reached. */
export function queueOptions() {
  const set = readEnvironment(settings.sqs);
  return {
    ...(set.AWS_REGION === undefined ? {} : { region: set.AWS_REGION }),
    ...(set.AWS_ENDPOINT_URL_SQS === undefined ? {} : { endpoint: set.AWS_ENDPOINT_URL_SQS }),
    protocol: set.SQS_PROTOCOL,
  };
}

/** The source queue as a command reaches it. */
export function openQueue(pipeline: Pipeline): SqsSource {
  const set = readEnvironment(settings.sqs);
  return createSqsSource({
    ...queueOptions(),
    ...(set.SQS_QUEUE_URL === undefined
      ? { queueName: set.SQS_QUEUE_NAME ?? pipeline.source.queue }
      : { queueUrl: set.SQS_QUEUE_URL }),
    visibilityTimeoutS: 30,
    waitS: 0,
  });
}
