export type { QueueAttributes, QueueCounts } from './attributes.ts';
export type { SqsSourceOptions } from './connection.ts';
export type { DeleteFailure } from './settle.ts';
export { createSqsSource, type SqsSource } from './source.ts';
export type { SqsCall } from './timing.ts';
export type { SourceMessage } from './transport.ts';
