/**
 * `npm run scaling`: plays the rules of deploy/kubernetes against three loads, and writes what came of it into
 * docs/scaling.md, with plots. `--json` prints the figures as one object instead, `--help` says this.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runTool } from '@masque/tool';
import { parts } from './limits.ts';
import { loads } from './loads.ts';
import { measured } from './measured.ts';
import { page } from './page.ts';
import { plot } from './plot.ts';
import { simulate } from './simulate.ts';
import { summarize } from './summary.ts';
import { readWorld } from './world.ts';

const usage = `npm run scaling -- [--overlay overlays/aws] [--json]

Plays the KEDA rules and settings of an overlay of deploy/kubernetes against a step, a spike and a day of up to 100,000
messages a second, with the rates in deploy/src/scaling/measured.ts, and writes docs/scaling.md and its plots.

  --overlay  which folder of deploy/kubernetes (default overlays/aws)
  --json     print one JSON object as the last line, and write nothing
`;

await runTool({
  usage,
  read(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        overlay: { type: 'string', default: 'overlays/aws' },
        json: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values.help === true ? 'help' : values;
  },
  run: (given) => Promise.resolve(play(given)),
});

function play(given: { readonly overlay: string; readonly json?: boolean | undefined }): number {
  const world = readWorld(given.overlay);
  const runs = loads.map((load) => ({ load, moments: simulate(world, load) }));
  const summaries = runs.map(({ load, moments }) => summarize(load, moments));
  const narrow = parts(measured);
  if (given.json === true) {
    process.stdout.write(`${JSON.stringify({ summaries, parts: narrow })}\n`);
    return 0;
  }
  const docs = resolve(import.meta.dirname, '../../../docs');
  mkdirSync(resolve(docs, 'scaling'), { recursive: true });
  for (const { load, moments } of runs)
    writeFileSync(resolve(docs, 'scaling', `${load.name}.svg`), plot(load, moments));
  const file = resolve(docs, 'scaling.md');
  writeFileSync(file, page(readFileSync(file, 'utf8'), summaries, narrow));
  for (const { name, peakRate, peakLagS, drainedAfterS } of summaries) {
    process.stdout.write(
      `${name}: up to ${Math.round(peakRate).toLocaleString('en')} a second, at worst ${peakLagS} s behind, drained ${drainedAfterS} s after the end\n`,
    );
  }
  process.stdout.write(`wrote docs/scaling.md; the narrowest part is ${narrow[0]?.name}\n`);
  return 0;
}
