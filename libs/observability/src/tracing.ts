/**
 * OpenTelemetry traces, off unless there is a place to send them. One trace is one batch: receive → mask → load →
 * settle, over three processes. Each stage's span is the parent of the next one's; its context travels in the handoff
 * as a W3C traceparent. A batch gathers messages of many producers, so their contexts are links of the first span and
 * not its parent (OpenTelemetry semantic conventions for messaging, "Batch receiving").
 *
 * Spans carry ids, counts and codes: attributes are scalars that the caller names, a failure is a fault's code. An
 * exporter that cannot send drops spans; tracing never holds work up.
 */
import { toFault } from '@masque/fault';
import type { LogFields } from './log.ts';

export type SpanKind = 'consumer' | 'client';

/** The batch that the span is about, and where the span stands. */
export interface SpanOptions {
  readonly batch: string;
  readonly pipeline: string;
  readonly messages: number;
  /** Default: consumer. */
  readonly kind?: SpanKind;
  /** A traceparent. What is none counts as absent. */
  readonly parent?: string | undefined;
  /** Traceparents. */
  readonly links?: readonly (string | undefined)[];
  /** Epoch milliseconds. Default: now. */
  readonly startedAt?: number;
}

export interface Span {
  /** To be handed on; undefined when tracing is off. */
  readonly traceparent: string | undefined;
  set(attributes: LogFields): void;
  /** Marks the span as failed, for what ends it without being thrown. */
  fail(code: string): void;
}

export interface Tracing {
  /** Runs `work` in a span, which ends with it; what it throws is the span's failure and is thrown on. */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** Sends what is left, for at most `withinMs`. */
  stop(this: void, withinMs: number): Promise<void>;
}

/** version 00 of https://www.w3.org/TR/trace-context/#traceparent-header */
const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

/** Undefined for what is no traceparent, all-zero ids included. */
export function readTraceparent(text: string | undefined): TraceContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = pattern.exec(text ?? '') ?? [];
  if (!/[1-9a-f]/.test(traceId) || !/[1-9a-f]/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}

export function writeTraceparent({ traceId, spanId, traceFlags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** A parent that came along is handed on all the same: another stage may trace. */
export const noTracing: Tracing = {
  span: (_, { parent }, work) => work({ traceparent: parent, set() {}, fail() {} }),
  stop: async () => {},
};

export interface TracingOptions {
  /** OTEL_EXPORTER_OTLP_ENDPOINT: OTLP over HTTP; `/v1/traces` is put behind it. */
  readonly endpoint: string | undefined;
  /** Of the batches, 0 to 1. */
  readonly ratio: number;
  readonly stage: string;
  readonly replica: string;
  /** Spans could not be sent; told of each try. */
  readonly onFault: (code: string) => void;
}

export async function createTracing(options: TracingOptions): Promise<Tracing> {
  if (options.endpoint === undefined) return noTracing;
  // 70 to 160 ms and 25 to 40 MiB, measured, that who does not trace does not pay.
  const { createOtlpTracer } = await import('./otlp-tracer.ts');
  const { tracer, stop } = createOtlpTracer({ ...options, endpoint: options.endpoint });
  return {
    async span(name, spanOptions, work) {
      const span = tracer.start(name, spanOptions);
      try {
        return await work(span);
      } catch (error) {
        span.fail(toFault(error).code);
        throw error;
      } finally {
        span.end();
      }
    },
    stop,
  };
}
