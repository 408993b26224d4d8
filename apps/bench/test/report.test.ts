import { describe, expect, it } from 'vitest';
import { type Arguments, readArguments } from '../src/arguments.ts';
import type { Standing } from '../src/contest.ts';
import { figureOf } from '../src/figure.ts';
import { loginMessages } from '../src/messages.ts';
import { filled } from '../src/page.ts';
import { barChart } from '../src/plot.ts';
import { toJson } from '../src/report.ts';
import { sectionsOf } from '../src/section.ts';
import { toText } from '../src/text.ts';

function aStanding(rate: number, cpuUs: number, shares: Standing['shares'] = {}): Standing {
  const server = { cpuUs: 20, rssMb: 50 };
  return {
    messages: 1_000,
    rate: figureOf([rate]),
    cpuUs: figureOf([cpuUs]),
    shares,
    servers: { sqs: server, redis: server, postgres: server },
    startMs: { masker: 300 },
  };
}

describe('what the bench reports', () => {
  const report = {
    arguments: readArguments([]) as Arguments,
    surroundings: '2 cores',
    contest: {
      standings: {
        floor: aStanding(10_000, 80),
        masque: aStanding(13_000, 52, { masker: { cpuUs: 20, rssMb: 120 } }),
        'sqs-consumer + pg': aStanding(900, 600),
      },
      ratios: { cpu: 0.65, rate: 1.3 },
    },
  };

  it('as JSON: medians a message, stages, peers and ratios', () => {
    expect(toJson(report)).toMatchObject({
      floor: { rate: 10_000, cpuUs: 80 },
      masque: { rate: 13_000, cpuUs: 52, stages: { masker: { cpuUs: 20, rssMb: 120 } } },
      peers: { 'sqs-consumer + pg': { rate: 900, cpuUs: 600 } },
      ratios: { cpu: 0.65, rate: 1.3 },
    });
  });

  it('as JSON: nothing of what was left out', () => {
    const { floor } = report.contest.standings;
    const alone = { ...report, contest: { standings: { floor }, ratios: undefined } };
    expect(Object.keys(toJson(alone))).toEqual(['floor']);
  });

  it('as text, without a line that ends in blanks', () => {
    const text = toText(report);
    expect(text).toContain('Masque ÷ floor: CPU 0.65, messages a second 1.30');
    expect(text).not.toMatch(/ $/m);
  });

  it('as a page: in the slot of what was measured, and nowhere else', () => {
    const page =
      '# Benchmarks\n<!-- contest-hmac-90 -->\nold\n<!-- /contest-hmac-90 -->\n\n## Latency\n<!-- latency -->\nkept\n<!-- /latency -->\n';
    const written = filled(page, sectionsOf(report), 'Measured here.');
    expect(written).toContain('Masque ÷ floor: CPU **0.65**, messages a second **1.30**.');
    expect(written).toContain('Measured here.');
    expect(written).toContain('kept');
    expect(written).not.toContain('old');
    expect(filled(written, sectionsOf(report), 'Measured here.')).toBe(written);
    const unique = { ...report, arguments: readArguments(['--repeat', '0']) as Arguments };
    expect(filled(written, sectionsOf(unique), 'again')).toMatch(
      /<!-- contest-hmac-0 -->[^]*again[^]*## Latency[^]*kept/,
    );
  });

  it('as plots: a bar for each, as long as its share of the longest', () => {
    const svg = barChart('a < b', [
      { label: 'one', value: 1, text: '1' },
      { label: 'two', value: 2, text: '2' },
    ]);
    const [one, two] = [...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width));
    expect(two).toBe((one ?? 0) * 2);
    expect(svg).toContain('a &lt; b');
  });

  it.each([
    [[3], { median: 3, min: 3, max: 3 }],
    [[5, 1, 3], { median: 3, min: 1, max: 5 }],
    [[4, 1, 3, 2], { median: 2.5, min: 1, max: 4 }],
  ])('the median of %j', (values, expected) => {
    expect(figureOf(values)).toEqual(expected);
  });

  it.each([41, 42, 100, 141, 142, 1_234])('knows how many of %i messages are no logins', (count) => {
    const bodies = [...loginMessages(count, 0.9).chunks()].flat();
    expect(bodies).toHaveLength(count);
    expect(bodies.filter((body) => !('ip' in (JSON.parse(body) as object)))).toHaveLength(
      loginMessages(count, 0.9).bad,
    );
  });
});
