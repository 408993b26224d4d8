/** Metrics by name, summed over their labels. */
export type Samples = Readonly<Record<string, number>>;

/** Reads Prometheus's text exposition format as far as sums need it. */
export function parseMetrics(text: string): Samples {
  const samples: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_:][\w:]*)(?:\{.*\})? (\S+)$/i.exec(line) ?? [];
    if (name !== undefined && value !== undefined) samples[name] = (samples[name] ?? 0) + Number(value);
  }
  return samples;
}
