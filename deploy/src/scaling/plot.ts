import type { Moment } from './simulate.ts';
import type { Load } from './loads.ts';
import type { Stage } from './rules.ts';

/** Four panels over one time: messages a second, backlog, replicas, lag. Plain SVG, readable on light and on dark. */
export function plot(load: Load, moments: readonly Moment[]): string {
  const points = thinned(moments);
  const panels = [
    panel(0, 'messages a second', [
      line(
        'sent',
        'a',
        points.map((each) => each.rate),
      ),
      line(
        'loaded',
        'b',
        points.map((each) => each.loadedRate),
      ),
    ]),
    panel(1, 'messages waiting', [
      line(
        'in SQS',
        'a',
        points.map((each) => each.visible),
      ),
      line(
        'on their way',
        'b',
        points.map((each) => each.inFlight),
      ),
    ]),
    panel(
      2,
      'replicas',
      stages.map((stage, at) =>
        line(
          stage,
          'abc'.charAt(at),
          points.map((each) => each.replicas[stage]),
        ),
      ),
    ),
    panel(3, 'lag, seconds', [
      line(
        'oldest message',
        'c',
        points.map((each) => each.lagS),
      ),
    ]),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${panels.length * panelHeight + 24}" role="img" aria-label="${load.name}: ${load.about}">
<style>
text { font: 12px system-ui, sans-serif; fill: #57606a } .title { fill: #24292f }
path { fill: none; stroke-width: 1.5 } path.axis { stroke: #8c959f; stroke-width: 1; opacity: .4 }
.a { fill: #0969da } .b { fill: #bc4c00 } .c { fill: #8250df }
path.a { fill: none; stroke: #0969da } path.b { fill: none; stroke: #bc4c00 } path.c { fill: none; stroke: #8250df }
@media (prefers-color-scheme: dark) {
text { fill: #8d96a0 } .title { fill: #e6edf3 }
.a { fill: #4493f8 } .b { fill: #f0883e } .c { fill: #ab7df8 }
path.a { stroke: #4493f8 } path.b { stroke: #f0883e } path.c { stroke: #ab7df8 }
}
</style>
${panels.join('\n')}
${timeAxis(load.durationS, panels.length * panelHeight + 10)}
</svg>
`;
}

const stages = ['extractor', 'masker', 'loader'] as const;
const [width, left, right, panelHeight, panelTop, panelBottom] = [760, 72, 28, 130, 28, 12];
const most = 400;

interface Line {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
}

function line(name: string, colour: string, values: readonly number[]): Line {
  return { name, colour, values };
}

function panel(at: number, title: string, lines: readonly Line[]): string {
  const top = at * panelHeight + panelTop;
  const bottom = (at + 1) * panelHeight - panelBottom;
  const ceiling = roundUp(Math.max(1, ...lines.flatMap(({ values }) => values)));
  const y = (value: number): string => (bottom - (value / ceiling) * (bottom - top)).toFixed(1);
  const ticks = [0, ceiling / 2, ceiling].map(
    (value) =>
      `<path class="axis" d="M${left} ${y(value)}H${width - right}"/><text x="${left - 6}" y="${y(value)}" dy="4" text-anchor="end">${value.toLocaleString('en')}</text>`,
  );
  const curves = lines.map(({ colour, values }) => {
    const x = (index: number): string =>
      (left + (index / Math.max(1, values.length - 1)) * (width - left - right)).toFixed(1);
    return `<path class="${colour}" d="M${values.map((value, index) => `${x(index)} ${y(value)}`).join('L')}"/>`;
  });
  const legend = lines.map(({ name, colour }) => `<tspan class="${colour}" dx="12">${name}</tspan>`).join('');
  return `<text x="${left}" y="${top - 10}"><tspan class="title">${title}</tspan>${legend}</text>\n${ticks.join('\n')}\n${curves.join('\n')}`;
}

function timeAxis(durationS: number, top: number): string {
  const isLong = durationS > 4 * 3_600;
  const unit = isLong ? 3_600 : 60;
  const step = isLong ? 3 : 10;
  const count = Math.floor(durationS / unit / step);
  return Array.from({ length: count + 1 }, (_, index) => {
    const x = left + ((index * step * unit) / durationS) * (width - left - right);
    return `<text x="${x.toFixed(1)}" y="${top}" text-anchor="middle">${index * step} ${isLong ? 'h' : 'min'}</text>`;
  }).join('\n');
}

/** At most 400 moments: of several the largest lag and the most replicas, since those are what is looked for. */
function thinned(moments: readonly Moment[]): Moment[] {
  const size = Math.ceil(moments.length / most);
  return Array.from({ length: Math.ceil(moments.length / size) }, (_, index) =>
    moments.slice(index * size, (index + 1) * size).reduce((a, b) => ({
      ...b,
      lagS: Math.max(a.lagS, b.lagS),
      loadedRate: Math.max(a.loadedRate, b.loadedRate),
      replicas: larger(a.replicas, b.replicas),
    })),
  );
}

function larger(a: Moment['replicas'], b: Moment['replicas']): Record<Stage, number> {
  const of = (stage: Stage): number => Math.max(a[stage], b[stage]);
  return { extractor: of('extractor'), masker: of('masker'), loader: of('loader') };
}

/** 1, 2, 3 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 3, 5, 10].find((each) => each * power >= value) ?? 10) * power;
}
