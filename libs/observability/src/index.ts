export { createFaultLog, type FaultLog } from './fault-log.ts';
export { createLog, type Log, type LogFields } from './log.ts';
export { type LogLevel, logLevels } from './log-level.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { createTracing, noTracing, readTraceparent, type Span, type SpanOptions, type Tracing } from './tracing.ts';
