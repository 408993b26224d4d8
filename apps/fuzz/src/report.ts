import type { FuzzReport } from './fuzz.ts';

export function toText(report: FuzzReport): string {
  const { seed, bodies, rows, quarantined, refused, violations, seconds } = report;
  const put = Object.values(quarantined).reduce((sum, count) => sum + count, 0);
  const lines = [
    '',
    `  bodies       ${bodies}, of SHA-256 ${report.digest.slice(0, 16)}…`,
    `  rows         ${rows}`,
    `  quarantined  ${put}`,
    ...list(quarantined),
    ...(Object.keys(refused).length === 0 ? [] : ['  refused by PostgreSQL, by SQLSTATE', ...list(refused)]),
    '',
    ...violations.map((violation) => `  ✘ ${violation}`),
    violations.length === 0
      ? `✔ Seed ${seed}: every body ended in exactly one place, and no value of a masked field in any. ${seconds.toFixed(0)} s.`
      : `✘ Seed ${seed}: promises broken. ${seconds.toFixed(0)} s.`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Most first. */
function list(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => `${String(count).padStart(20)}  ${name}`);
}
