import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { repository } from './overlay.ts';

const folder = join(repository, 'deploy/prometheus');
const rulesSchema = z.object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string() })) })) });
const testsSchema = z.object({
  tests: z.array(
    z.object({ alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })) }),
  ),
});
const { groups } = rulesSchema.parse(parse(readFileSync(join(folder, 'alerts.yaml'), 'utf8')));
const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
const { tests } = testsSchema.parse(parse(readFileSync(join(folder, 'alerts.test.yaml'), 'utf8')));
const looks = tests.flatMap((test) => test.alert_rule_test);

it.each(alerts)('%s is seen to come, and not to come', (alert) => {
  const amounts = looks.filter(({ alertname }) => alertname === alert).map(({ exp_alerts }) => exp_alerts.length);
  expect(amounts).toContain(0);
  expect(Math.max(...amounts)).toBeGreaterThan(0);
});

const absent = spawnSync('promtool', ['--version']).error !== undefined;
if (absent) console.warn('No promtool on the PATH: the alert rules are not run. On Debian: apt-get install prometheus');

function told(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, words: stdout + stderr };
}

/** Prometheus's own tool, as it sees the files. */
describe.skipIf(absent)('to promtool', () => {
  it('the rules come and go as their tests say', () => {
    expect(told('test', 'rules', join(folder, 'alerts.test.yaml'))).toMatchObject({ status: 0 });
  });

  it('the configuration that docker-compose.yml mounts is one, rules included', () => {
    const own = mkdtempSync(join(tmpdir(), 'masque-prometheus-'));
    onTestFinished(() => rmSync(own, { recursive: true }));
    const file = join(own, 'prometheus.yml');
    const text = readFileSync(join(repository, 'deploy/compose/prometheus.yml'), 'utf8');
    // As it is mounted.
    writeFileSync(file, text.replace('/etc/prometheus/rules', folder));
    const { status, words } = told('check', 'config', file);
    expect([status, words]).toEqual([0, expect.stringContaining(`${alerts.length} rules found`)]);
  });
});
