/**
 * A strict reader of Prometheus's text format, version 0.0.4: it throws where a scraper would refuse or guess.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: (\d+))?$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;
const suffixes: Readonly<Record<string, readonly string[]>> = {
  counter: [''],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  const helps = new Map<string, string>();
  let current: Family | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (helps.has(name)) throw new Error(`HELP twice: ${name}`);
      helps.set(name, rest);
    } else if (keyword === 'TYPE') {
      if (families.has(name)) throw new Error(`TYPE twice: ${name}`);
      if (!metricName.test(name)) throw new Error(`not a name: ${name}`);
      if (suffixes[rest] === undefined) throw new Error(`not a type: ${rest}`);
      current = { name, type: rest, help: helps.get(name) ?? '', samples: [] };
      families.set(name, current);
    } else {
      const [, sample = '', labels = '', value = ''] = sampleLine.exec(line) ?? [];
      if (current === undefined || sample === '') throw new Error(`not a line: ${line}`);
      const { name, type } = current;
      if (!suffixes[type]?.some((suffix) => sample === name + suffix)) throw new Error(`${sample} inside of ${name}`);
      if (seen.has(`${sample}{${labels}}`)) throw new Error(`a series twice: ${line}`);
      seen.add(`${sample}{${labels}}`);
      current.samples.push({ name: sample, labels: readLabels(labels), value: readNumber(value) });
    }
  }
  return families;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const [, name = '', value = ''] = label.exec(text) ?? [];
    if (name === '' || name in labels) throw new Error(`not labels: ${text}`);
    labels[name] = value;
  }
  return labels;
}

/** As Go's ParseFloat, which takes `NaN` in any case: prom-client writes `Nan`. */
function readNumber(text: string): number {
  if (text === '+Inf') return Infinity;
  const number = Number(text);
  if (Number.isNaN(number) && text.toLowerCase() !== 'nan') throw new Error(`not a number: ${text}`);
  return number;
}
