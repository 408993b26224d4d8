import { columnsOf, count, paint, plural, say, shorten, table } from '../output/terminal.ts';
import { stages } from '@masque/local-pipeline';
import type { Cell } from '@masque/postgres-sink';
import type { Account } from './account.ts';

const cellWidth = 18;

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
      ['quarantined', quarantined.total === 0 ? '0' : `${count(quarantined.total)}, sealed to the custodian`],
      ...Object.entries(quarantined.reasons).map(([reason, total]) => ['', `${count(total)} ${reason}`]),
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
  say(asTheyStand(rows, columnsOf(process.stdout)));
  if (proof !== undefined) {
    say();
    say(bold('  Only the custodian’s private key opens a token'));
    say(
      `  ${shorten(proof.token, 40)} ${dim(`(${count(proof.token.length)} characters, in ${plural(proof.count, 'row')})`)}`,
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

/** A row a column, as many as fit: seven names side by side would be wider than most terminals. */
function asTheyStand(rows: readonly Readonly<Record<string, Cell>>[], columns: number): string {
  const names = Object.keys(rows[0] ?? {});
  const nameWidth = Math.max(0, ...names.map((name) => name.length));
  const fitting = Math.max(1, Math.floor((columns - 2 - nameWidth) / (cellWidth + 2)));
  const shown = rows.slice(0, fitting);
  return table(names.map((name) => [name].concat(shown.map((row) => shorten(cell(row[name]), cellWidth)))));
}

function cell(value: Cell | undefined): string {
  return value === null || value === undefined ? 'NULL' : String(value);
}
