export { createFaultLog, type FaultLog } from './fault-log.ts';
export { createLog, type Log, type LogFields, type LogLevel, logLevels } from './log.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { createTracing, noTracing, readTraceparent, type Span, type SpanOptions, type Tracing } from './tracing.ts';
