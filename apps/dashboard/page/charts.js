/** @import { Point } from '../src/history.ts' */
/** @import UPlot from 'uplot' */
import uPlot from './charts/uPlot.esm.js';
import { clock, count, duration, percent, rate } from './numbers.js';

/**
 * @typedef {object} Line
 * @property {string} label
 * @property {(point: Point) => number | null} value
 */

/**
 * @typedef {object} Chart
 * @property {(points: readonly Point[]) => Line[]} lines
 * @property {(value: number | null | undefined) => string} write
 * @property {number} [least] the top of the scale is at least this
 * @property {boolean} [stepped]
 */

const reasonsMax = 5;

/** @type {Readonly<Record<string, Chart>>} */
const charts = {
  throughput: {
    lines: () => [
      { label: 'received', value: ({ received }) => received },
      { label: 'masked', value: ({ masked }) => masked },
      { label: 'in PostgreSQL', value: ({ loaded }) => loaded },
    ],
    write: (value) => rate(value, 's'),
    least: 10,
  },
  latency: {
    lines: () => [
      { label: 'p50', value: ({ p50 }) => p50 },
      { label: 'p99', value: ({ p99 }) => p99 },
    ],
    write: duration,
    least: 0.1,
  },
  quarantine: {
    lines: (points) => {
      const reasons = reasonsOf(points);
      if (reasons.length === 0) return [{ label: 'none', value: ({ loaded }) => (loaded === null ? null : 0) }];
      return reasons.map((reason) => ({
        label: reason.replaceAll('_', ' '),
        value: ({ loaded, quarantined }) => quarantined[reason] ?? (loaded === null ? null : 0),
      }));
    },
    write: (value) => rate(value, 'min'),
    least: 10,
    stepped: true,
  },
  memo: {
    lines: () => [{ label: 'hits', value: ({ memo }) => memo }],
    write: percent,
    least: 1,
  },
};

/** The most frequent, by name, so that a line keeps its colour. @param {readonly Point[]} points */
function reasonsOf(points) {
  /** @type {Map<string, number>} */
  const sums = new Map();
  for (const { quarantined } of points) {
    for (const [reason, value] of Object.entries(quarantined)) sums.set(reason, (sums.get(reason) ?? 0) + value);
  }
  const most = [...sums].sort((a, b) => b[1] - a[1]).slice(0, reasonsMax);
  return most.map(([reason]) => reason).sort();
}

/** The least that the time axis shows, so that the first minutes do not look like a storm. */
const shortestS = 600;
const height = 190;

/** @returns {{ show(points: readonly Point[]): void }} */
export function createCharts() {
  /** @type {Map<string, { figure: HTMLElement, plot?: UPlot, key?: string, legend: HTMLElement, holder: HTMLElement, table: HTMLElement }>} */
  const drawn = new Map();
  /** @type {readonly Point[]} */
  let last = [];
  for (const figure of document.querySelectorAll('figure')) {
    const holder = document.createElement('div');
    holder.className = 'plot';
    holder.setAttribute('aria-hidden', 'true');
    const legend = document.createElement('ul');
    legend.className = 'legend';
    const details = document.createElement('details');
    const summary = document.createElement('summary');
    summary.textContent = 'As a table';
    const table = document.createElement('div');
    table.className = 'scroll';
    details.append(summary, table);
    details.addEventListener('toggle', () => show(last));
    figure.append(legend, holder, details);
    drawn.set(figure.dataset['chart'] ?? '', { figure, legend, holder, table });
  }

  /** @param {readonly Point[]} points */
  function show(points) {
    last = points;
    for (const [name, entry] of drawn) {
      const chart = charts[name];
      if (chart === undefined) continue;
      const lines = chart.lines(points);
      const key = lines.map(({ label }) => label).join('\n');
      if (entry.plot === undefined || entry.key !== key) {
        entry.plot?.destroy();
        entry.key = key;
        entry.plot = draw(entry.holder, chart, lines, (at) => tell(entry.legend, chart, lines, last, at));
      }
      entry.plot.setData([points.map(({ t }) => t), ...lines.map(({ value }) => points.map(value))]);
      if (entry.plot.cursor.idx === null || entry.plot.cursor.idx === undefined)
        tell(entry.legend, chart, lines, points, null);
      if (entry.table.parentElement?.hasAttribute('open')) entry.table.replaceChildren(tableOf(chart, lines, points));
    }
    const [first] = points;
    const span = /** @type {HTMLElement} */ (document.getElementById('span'));
    span.textContent =
      first === undefined ? 'nothing yet: the first point comes in a few seconds' : `since ${clock(first.t)}`;
  }

  const resized = new ResizeObserver(() => {
    for (const { plot, holder } of drawn.values()) {
      if (plot !== undefined && holder.clientWidth > 0 && plot.width !== holder.clientWidth)
        plot.setSize({ width: holder.clientWidth, height });
    }
  });
  for (const { holder } of drawn.values()) resized.observe(holder);
  // Colours are read when a chart is made.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    for (const entry of drawn.values()) delete entry.key;
    show(last);
  });
  return { show };
}

/** As a canvas takes it: a property alone would still say `light-dark(…)`. @param {string} name */
function colour(name) {
  const probe = document.createElement('i');
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** @param {HTMLElement} holder @param {Chart} chart @param {readonly Line[]} lines @param {(at: number | null) => void} onCursor @returns {UPlot} */
function draw(holder, chart, lines, onCursor) {
  const axis = {
    stroke: colour('--quiet'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colour('--grid'), width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: Math.max(holder.clientWidth, 240),
      height,
      padding: [8, 4, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: ({ data: [times] }) => spanOf(times) },
        y: { range: (_, __, max) => [0, Math.max((max ?? 0) * 1.1, chart.least ?? 1)] },
      },
      axes: [
        { ...axis, size: 26, space: 70, values: (_, at) => at.map(clock) },
        { ...axis, size: 62, space: 36, values: (_, at) => at.map((value) => chart.write(value)) },
      ],
      series: [
        {},
        ...lines.map(({ label }, at) => ({
          label,
          stroke: colour(`--line-${at + 1}`),
          width: 1.75,
          // A line has two ends. With little traffic there are points with nothing on either side.
          points: { show: false, size: 4, fill: colour(`--line-${at + 1}`), filter: lonely },
          ...(lines.length === 1 ? { fill: colour('--fill') } : {}),
          ...(chart.stepped && uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: -1 }) } : {}),
        })),
      ],
      hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
    },
    [[], ...lines.map(() => [])],
    holder,
  );
}

/** From the first point to the last, and no less than a while; from now on, where there is none. @param {ArrayLike<number>} times @returns {[number, number]} */
function spanOf(times) {
  const last = times[times.length - 1] ?? Date.now() / 1_000;
  return [Math.min(times[0] ?? last, last - shortestS), last];
}

/** Points without a neighbour. @param {UPlot} plot @param {number} series @returns {number[]} */
function lonely({ data }, series) {
  const values = data[series] ?? [];
  const isThere = (/** @type {number} */ at) => values[at] !== null && values[at] !== undefined;
  return [...values.keys()].filter((at) => isThere(at) && !isThere(at - 1) && !isThere(at + 1));
}

/** What lines are, and what they are worth at the cursor, or now. @param {HTMLElement} legend @param {Chart} chart @param {readonly Line[]} lines @param {readonly Point[]} points @param {number | null} at */
function tell(legend, chart, lines, points, at) {
  const point = at === null ? points.at(-1) : points[at];
  const items = lines.map(({ label, value }, index) => {
    const item = document.createElement('li');
    item.dataset['line'] = String(index + 1);
    const number = document.createElement('b');
    number.textContent = point === undefined ? '–' : chart.write(value(point));
    item.append(`${label} `, number);
    return item;
  });
  const when = document.createElement('li');
  when.className = 'when';
  when.textContent = point === undefined || at === null ? 'now' : clock(point.t);
  legend.replaceChildren(...items, when);
}

/** Means of five minutes each: what a chart says, to be read. @param {Chart} chart @param {readonly Line[]} lines @param {readonly Point[]} points */
function tableOf(chart, lines, points) {
  /** @type {Map<number, Point[]>} */
  const parts = new Map();
  for (const point of points) {
    const start = Math.floor(point.t / 300) * 300;
    parts.set(start, [...(parts.get(start) ?? []), point]);
  }
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  for (const text of ['from', ...lines.map(({ label }) => label)]) {
    const cell = document.createElement('th');
    cell.scope = 'col';
    cell.textContent = text;
    head.append(cell);
  }
  const body = table.createTBody();
  for (const [start, of] of [...parts].reverse()) {
    const row = body.insertRow();
    row.insertCell().textContent = clock(start);
    for (const { value } of lines) {
      const values = of.map(value).filter((each) => each !== null);
      const mean = values.length === 0 ? null : values.reduce((sum, each) => sum + each, 0) / values.length;
      row.insertCell().textContent = chart.write(mean);
    }
  }
  if (points.length === 0) body.insertRow().insertCell().textContent = count(null);
  return table;
}
