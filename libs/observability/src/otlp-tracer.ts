import { ROOT_CONTEXT, type SpanContext, SpanKind as ApiKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { LogFields } from './log.ts';
import {
  readTraceparent,
  type Span,
  type SpanKind,
  type SpanOptions,
  type TracingOptions,
  writeTraceparent,
} from './tracing.ts';

export interface OtlpTracer {
  readonly tracer: { start(name: string, options: SpanOptions): Span & { end(): void } };
  stop(this: void, withinMs: number): Promise<void>;
}

const kinds: Readonly<Record<SpanKind, ApiKind>> = { consumer: ApiKind.CONSUMER, client: ApiKind.CLIENT };

/** A batch may have 2,000 messages; a back end shows a handful of links. The SDK's own limit is the same. */
const linksMax = 128;

/** The only place that knows OpenTelemetry. Nothing global is set: no library is traced that was not asked for. */
export function createOtlpTracer(options: TracingOptions & { readonly endpoint: string }): OtlpTracer {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.namespace': 'masque',
      'service.name': `masque-${options.stage}`,
      'service.instance.id': options.replica,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: createExporter(options), scheduledDelayMillis: 1_000 })],
  });
  const tracer = provider.getTracer('masque');

  return {
    tracer: {
      start(name, { batch, pipeline, messages, kind = 'consumer', parent, links = [], startedAt }) {
        const from = remote(parent);
        const span = tracer.startSpan(
          `${name} ${pipeline}`,
          {
            kind: kinds[kind],
            attributes: {
              'masque.pipeline': pipeline,
              'masque.batch': batch,
              'messaging.batch.message_count': messages,
            },
            links: links
              .flatMap((link) => remote(link) ?? [])
              .slice(0, linksMax)
              .map((context) => ({ context })),
            ...(startedAt === undefined ? {} : { startTime: startedAt }),
          },
          from === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, from),
        );
        return {
          traceparent: writeTraceparent(span.spanContext()),
          set: (more) => void span.setAttributes(defined(more)),
          fail: (code) => void span.setStatus({ code: SpanStatusCode.ERROR, message: code }),
          end: () => span.end(),
        };
      },
    },
    async stop(withinMs) {
      const timeout = new Promise((resolve) => setTimeout(resolve, withinMs).unref());
      await Promise.race([provider.shutdown().catch(() => {}), timeout]);
    },
  };
}

/** The exporter's own errors may quote an answer of the collector; that it failed, and how often, is enough. */
function createExporter({ endpoint, onFault }: { endpoint: string; onFault: TracingOptions['onFault'] }): SpanExporter {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined) onFault('traces_unsent');
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

function remote(traceparent: string | undefined): SpanContext | undefined {
  const context = readTraceparent(traceparent);
  return context === undefined ? undefined : { ...context, isRemote: true };
}

function defined(fields: LogFields): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(fields).filter((pair): pair is [string, string | number | boolean] => pair[1] !== undefined),
  );
}
