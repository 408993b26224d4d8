export { startLocalStack } from './local-stack.ts';
export type {
  LocalPostgres,
  LocalRedis,
  LocalServer,
  LocalSqs,
  LocalStack,
  LocalStackOptions,
  ProgressEvent,
  QueueCounts,
  Queues,
  ServerName,
} from './stack.ts';
