import type { ColumnCount } from '@masque/postgres-sink';
import { count, plural, remark, say, table } from '../output/terminal.ts';
import type { RekeyReport } from './rekey.ts';
import type { tryOut } from './trial.ts';

export function sayTrial({ columns, tried, refused, estimatedS }: Awaited<ReturnType<typeof tryOut>>): void {
  say('Dry run: nothing was changed.');
  say(table([['column', 'old tokens', 'different'], ...Object.entries(columns).map(countRow)]));
  say(
    tried === 0
      ? '  No row has a token of this key.'
      : `  ${count(tried)} tried, ${count(refused)} cannot be taken over. Translating all takes about ${plural(estimatedS, 'second')}.`,
  );
}

function countRow([column, { values, distinct }]: [string, ColumnCount]): string[] {
  return [column, count(values), count(distinct)];
}

export function sayReport(report: RekeyReport, from: string, to: string): void {
  const { tokens, rows, passes, before, after, aliasesDropped } = report;
  say(
    `${plural(tokens, 'token')} of ${from} taken over to ${to}, ${plural(rows, 'row')} rewritten, in ${plural(passes, 'pass', 'passes')}.`,
  );
  say(
    table([
      ['column', 'different values before', 'after'],
      ...Object.entries(after).map(([column, { distinct }]) => [
        column,
        count(before[column]?.distinct ?? distinct),
        count(distinct),
      ]),
    ]),
  );
  say(aliasesDropped ? '  No old token is left; the aliases are gone.' : '  The aliases are kept in masque.aliases.');
}

export function sayWhatIsLeft(
  { left, refused }: { readonly left: number; readonly refused: number },
  from: string,
): void {
  if (left === 0) return;
  process.exitCode = 1;
  remark(
    refused > 0
      ? `masque: ${plural(left, 'value')} that ${left === 1 ? 'names' : 'name'} ${from} ${left === 1 ? 'is' : 'are'} left: ${plural(refused, 'token')} no masker made. Run \`masque verify\`.`
      : `masque: ${plural(left, 'token')} of ${from} came meanwhile: a masker masks with it still. Restart it, then run this again.`,
  );
}
