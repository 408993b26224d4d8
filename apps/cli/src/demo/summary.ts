import { count, paint, say, shorten, table } from '../output/terminal.ts';
import { stages } from '@masque/local-pipeline';
import type { Cell } from '@masque/postgres-sink';
import type { Account } from './account.ts';

export function toJson(result: Account): object {
  const { sent, loaded, quarantined, duplicates, settled, queueEmpty, snapshot } = result;
  return {
    sent,
    loaded,
    quarantined,
    duplicates,
    settled,
    queueEmpty,
    seconds: round(result.seconds, 2),
    workSeconds: round(result.workSeconds, 3),
    messagesPerSecond: Math.round(sent / Math.max(result.workSeconds, 0.001)),
    stages: Object.fromEntries(
      stages.map((stage) => {
        const { cpuMs, peakRssBytes } = snapshot.stages[stage];
        return [stage, { cpuMs: Math.round(cpuMs), peakRssMiB: Math.round(peakRssBytes / 2 ** 20) }];
      }),
    ),
  };
}

export function saySummary(result: Account): void {
  const { sent, loaded, quarantined, duplicates, settled, queueEmpty, rows, proof, pipeline } = result;

  say();
  say(
    result.complete
      ? paint(process.stdout, 'green', '✔ Every message ended in exactly one place.')
      : paint(process.stdout, 'red', '✘ Not every message ended in exactly one place.'),
  );
  say();
  say(
    table([
      ['sent', count(sent)],
      ['loaded', `${count(loaded)} rows in ${pipeline.target.table}`],
      ['quarantined', `${count(quarantined.total)}${reasons(quarantined.reasons)}`],
      ['settled', `${count(settled)} deleted from the queue, which is ${queueEmpty ? 'empty' : 'not empty'}`],
    ]),
  );
  say();
  say(bold('  Duplicates that an analyst can spot, without seeing a value'));
  say(
    table(
      Object.entries(duplicates).map(([field, { values, distinct }]) => [
        field,
        `${count(values)} values, ${count(distinct)} different: ${count(values - distinct)} repeat an earlier one`,
      ]),
    ),
  );
  say();
  say(bold(`  As it stands in ${pipeline.target.table}`));
  const names = Object.keys(rows[0] ?? {});
  say(
    table([
      names.map((name) => shorten(name, 18)),
      ...rows.map((row) => names.map((name) => shorten(cell(row[name]), 18))),
    ]),
  );
  if (proof !== undefined) {
    say();
    say(bold('  Only the custodian’s private key opens a token'));
    say(
      `  ${shorten(proof.token, 40)} ${dim(`(${count(proof.token.length)} characters, in ${count(proof.count)} rows)`)}`,
    );
    say(`  is ${proof.value}`);
  }
  say();
  say(
    dim(
      `  ${result.seconds.toFixed(1)} s in all; ${count(sent / Math.max(result.workSeconds, 0.001))} messages a second from first receive to last commit`,
    ),
  );
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function bold(text: string): string {
  return paint(process.stdout, 'bold', text);
}

function dim(text: string): string {
  return paint(process.stdout, 'dim', text);
}

function reasons(counts: Readonly<Record<string, number>>): string {
  const list = Object.entries(counts).map(([reason, total]) => `${count(total)} ${reason}`);
  return list.length === 0 ? '' : ` (${list.join(', ')})`;
}

function cell(value: Cell | undefined): string {
  return value === null || value === undefined ? 'NULL' : String(value);
}
