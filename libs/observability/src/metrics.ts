import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * Prometheus metrics of one process. Names are `masque_<stage>_<what>_<unit>`, units are seconds and bytes, counters
 * end in `_total` (https://prometheus.io/docs/practices/naming). Labels are fixed, small sets: reason codes, SQLSTATE
 * classes; never a value, an id or a message.
 */
export interface Metrics {
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly L[],
  ): Histogram<L>;
  /** A gauge is read when scraped; while it cannot be read it has no sample, and the others are told as ever. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  /** The text exposition and its content type. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export function createMetrics(labels: { readonly stage: string; readonly pipeline: string }): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels(labels);
  collectDefaultMetrics({ register: registry });
  const metrics: Metrics = {
    counter: (name, help, labelNames = []) =>
      new Counter({ name, help, labelNames: [...labelNames], registers: [registry] }),
    histogram: (name, help, buckets, labelNames = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames: [...labelNames], registers: [registry] }),
    gauge(name, help, read) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        registers: [],
        async collect() {
          try {
            gauge.set(await read());
          } catch {
            gauge.remove();
          }
        },
      });
      registry.registerMetric(gauge);
    },
    async expose() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
  metrics.gauge(
    'process_peak_resident_memory_bytes',
    'Largest resident set so far, as getrusage(2) tells it.',
    () => process.resourceUsage().maxRSS * 1024,
  );
  return metrics;
}
