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
  /** The same for a gauge with one label: a number for each of its values. */
  gauges(
    name: string,
    help: string,
    label: string,
    read: () => Readonly<Record<string, number>> | Promise<Readonly<Record<string, number>>>,
  ): void;
  /** Some of the metrics as they stand, by their names in the exposition, without the labels that all series have. */
  figures(names: readonly string[]): Promise<Record<string, number>>;
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
    gauges(name, help, label, read) {
      const gauge: Gauge = new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [],
        async collect() {
          const values = Object.entries(
            await Promise.resolve()
              .then(read)
              .catch(() => ({})),
          );
          gauge.reset();
          for (const [of, value] of values) gauge.set({ [label]: of }, value);
        },
      });
      registry.registerMetric(gauge);
    },
    async figures(names) {
      const families = await Promise.all(names.map(async (name) => registry.getSingleMetric(name)?.get()));
      return Object.fromEntries(
        families.flatMap((family) =>
          (family?.values ?? []).map((each) => [seriesOf(family?.name ?? '', each), each.value]),
        ),
      ) as Record<string, number>;
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

/** As the exposition writes a series: `name{label="value"}`. A histogram's values carry names of their own. */
function seriesOf(
  family: string,
  { metricName = family, labels }: { readonly metricName?: string; readonly labels: object },
): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(String(value))}`);
  return pairs.length === 0 ? metricName : `${metricName}{${pairs.join(',')}}`;
}
