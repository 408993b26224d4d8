import type { Outcome } from './campaign.ts';
import type { OwnEnd } from './crew.ts';
import { describeReceives } from './receives.ts';
import type { Reckoning } from './reckoning.ts';

export interface Report {
  readonly seed: string;
  readonly schedule: readonly string[];
  readonly outcomes: readonly Outcome[];
  readonly reckoning: Omit<Reckoning, 'violations'>;
  /** From the last mishap's end until nothing was left. */
  readonly quietAfterMs: number;
  readonly ownEnds: readonly OwnEnd[];
  readonly redisLooks: number;
  readonly seconds: number;
  readonly violations: readonly string[];
}

export function toText(report: Report): string {
  const { outcomes, reckoning, ownEnds, violations } = report;
  const lines = [
    '',
    'What happened',
    ...outcomes.map(
      ({ round, name, did, tookMs, recoveredMs }) =>
        `${String(round).padStart(3)}  ${name.padEnd(30)} ${seconds(tookMs).padStart(7)}  ${
          recoveredMs === undefined ? 'not seen' : seconds(recoveredMs)
        } to recover  ${did}`,
    ),
    '',
    `  sent          ${reckoning.sent}`,
    `  rows          ${reckoning.rows}`,
    `  quarantined   ${reckoning.quarantined}`,
    `  dead letters  ${reckoning.dead}`,
    `  received      ${describeReceives(reckoning.receives)}`,
    `  quiet         ${seconds(report.quietAfterMs)} after the last fault`,
    `  Redis         read as a whole ${report.redisLooks} times`,
    `  bytes left    of ${reckoning.orphans} batches whose job was never added`,
    ...ownEnds.map(({ stage, status }) => `  note          a ${stage} ended by itself with status ${status ?? 'none'}`),
    '',
    ...violations.map((violation) => `  ✘ ${violation}`),
    violations.length === 0
      ? `✔ Seed ${report.seed}: every message ended in exactly one place, and nothing was seen that must not be. ${report.seconds.toFixed(0)} s.`
      : `✘ Seed ${report.seed}: ${violations.length} promises broken. ${report.seconds.toFixed(0)} s.`,
  ];
  return `${lines.join('\n')}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
