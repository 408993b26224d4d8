import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { traffic } from '../src/logins.ts';
import { readQuery } from '../src/promql.ts';
import { openWorld, type World } from '../src/world.ts';

const root = resolve(import.meta.dirname, '../../..');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly description?: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const { groups } = parse(readFileSync(join(root, 'deploy/prometheus/alerts.yaml'), 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(readFileSync(join(root, 'deploy/grafana/masque.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};
const charts = panels.filter(({ type }) => type !== 'row');
const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8');

/** Families by name, with the labels that their samples have: what the stages and the dashboard really export. */
const families = new Map<string, Set<string>>();
/** Each process's, whole. */
const pages: string[] = [];
let world: World;

beforeAll(async () => {
  world = await openWorld({ stack: inject('stack'), replicas: { extractor: 1, masker: 1, loader: 1 } });
  const dashboard = world.local.start('dashboard', { DASHBOARD_PORT: '0' });
  await dashboard.pages;
  await world.send(traffic(100).bodies);
  await world.whenQuiet();
  for (const process of world.local.processes) {
    const page = await process.scrapeText();
    pages.push(page);
    for (const line of page.split('\n')) read(line);
  }
});
afterAll(() => world[Symbol.asyncDispose]());

function read(line: string): void {
  const [, family] = /^# TYPE (\S+)/.exec(line) ?? [];
  if (family !== undefined) families.set(family, families.get(family) ?? new Set());
  const [, sample = '', labels = ''] = /^([a-z]\w*)\{(.*)\} \S+$/.exec(line) ?? [];
  for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) families.get(familyOf(sample))?.add(label);
}

function familyOf(sample: string): string {
  return families.has(sample) ? sample : sample.replace(/_(bucket|sum|count)$/, '');
}

const noPromtool = spawnSync('promtool', ['--version']).error !== undefined;

/** Those of other makers: Prometheus adds them to every series. */
const byPrometheus = new Set(['instance', 'job']);

function labelsOf(name: string): ReadonlySet<string> {
  return families.get(familyOf(name)) ?? new Set();
}

/** What a query asks for and nobody tells, in words. Labels are known of series that have been seen. */
function unknown(expr: string): string[] {
  const { metrics, groups: by } = readQuery(expr);
  expect(metrics.length).toBeGreaterThan(0);
  const all = new Set(metrics.flatMap(({ name }) => [...labelsOf(name)]));
  return [
    ...metrics.filter(({ name }) => !families.has(familyOf(name))).map(({ name }) => name),
    ...metrics.flatMap(({ name, labels }) =>
      labels
        .filter((label) => labelsOf(name).size > 0 && !labelsOf(name).has(label))
        .map((label) => `${name}{${label}}`),
    ),
    ...by.filter((label) => all.size > 0 && !all.has(label) && !byPrometheus.has(label)).map((label) => `by ${label}`),
  ];
}

describe('what is exported', () => {
  it('is there for each thing that an operator asks for', () => {
    const names = [...families.keys()];
    for (const stage of ['extractor', 'masker', 'loader']) {
      for (const what of ['backlog_batches', 'oldest_batch_age_seconds', 'drain_seconds', 'in_flight_batches']) {
        expect(names).toContain(`masque_${stage}_${what}`);
      }
    }
    expect(names).toEqual(
      expect.arrayContaining([
        'masque_extractor_retries_total',
        'masque_masker_faults_total',
        'masque_loader_retries_total',
        'masque_loader_quarantined_messages_total',
        'masque_masker_memo_hits_total',
        'masque_extractor_sqs_call_duration_seconds',
        'masque_loader_sql_duration_seconds',
        'masque_loader_end_to_end_seconds',
      ]),
    );
  });

  it('is named by Prometheus’s conventions', () => {
    const own = [...families.keys()].filter((name) => name.startsWith('masque_'));
    expect(own.length).toBeGreaterThan(40);
    for (const name of own) {
      expect(name).toMatch(/^masque_(extractor|masker|loader|dashboard)_[a-z_]+$/);
      expect(name).not.toMatch(/_(ms|milliseconds|kb|minutes|percent)(_|$)|_total_/);
    }
  });

  it.skipIf(noPromtool)('is read by Prometheus’s own parser, which has no word against our names', () => {
    expect(pages).toHaveLength(4);
    for (const input of pages) {
      const { status, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
      // 3 is for words about names, and those of prom-client's own gauges get some.
      expect([0, 3]).toContain(status);
      expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('nodejs_active_'))).toEqual([]);
    }
  });

  it('has moved with the traffic, calls and statements included', () => {
    expect(families.get('masque_extractor_sqs_call_duration_seconds')).toEqual(
      new Set(['action', 'outcome', 'le', 'stage', 'pipeline']),
    );
    expect(families.get('masque_loader_sql_duration_seconds')).toEqual(
      new Set(['statement', 'outcome', 'le', 'stage', 'pipeline']),
    );
    expect(families.get('masque_extractor_queue_messages')).toEqual(new Set(['state', 'stage', 'pipeline']));
  });
});

describe('the alert rules', () => {
  it.each(rules.map((rule) => [rule.alert, rule] as const))('%s asks for what is exported', (_, rule) => {
    expect(unknown(rule.expr)).toEqual([]);
    expect(['critical', 'warning']).toContain(rule.labels.severity);
  });

  it('have a row each in the runbook, which has no other', () => {
    const rows = [...operations.matchAll(/<a id="(\w+)"><\/a>`(\w+)`/g)].map(([, anchor, name]) => [anchor, name]);
    expect(rows.map(([, name]) => name)).toEqual(rules.map(({ alert }) => alert));
    for (const { annotations, alert } of rules) {
      expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
      expect(rows).toContainEqual([alert.toLowerCase(), alert]);
    }
  });
});

describe('the Grafana dashboard', () => {
  it.each(charts.map((panel) => [panel.title, panel] as const))('%s shows what is exported', (_, panel) => {
    expect(panel.description).toMatch(/\w/);
    expect((panel.targets ?? []).length).toBeGreaterThan(0);
    for (const { expr } of panel.targets ?? []) expect(unknown(expr)).toEqual([]);
  });
});

it('a query for what nobody exports is found, and one that is none is refused', () => {
  expect(unknown('sum(rate(masque_loader_loaded_rows_totals[5m]))')).toEqual(['masque_loader_loaded_rows_totals']);
  expect(unknown('masque_extractor_queue_messages{colour="red"}')).toEqual(['masque_extractor_queue_messages{colour}']);
  expect(unknown('sum by (colour) (masque_extractor_queue_messages)')).toEqual(['by colour']);
  expect(() => readQuery('sum(rate(masque_loader_loaded_rows_total[5m])')).toThrow(/not a query/);
});
