import { count, paint, say, table } from '../output/terminal.ts';
import type { MessagesReport } from './messages.ts';
import type { Problem } from './problem.ts';
import type { TokensReport } from './tokens.ts';

const words = {
  token: 'tokens',
  masked: 'masked',
  unjudged: 'not to be told from plain values',
  malformed: 'malformed',
  plain: 'look plain',
};

export function sayTokens({ columns }: TokensReport): void {
  say('Masked columns');
  const rows = columns.flatMap(({ column, method, findings }) =>
    findings.length === 0
      ? [[column, method, '', '', 'no value']]
      : findings.map(({ finding, kid, values, status }) => [
          column,
          method,
          kid ?? '',
          status ?? '',
          `${count(values)} ${words[finding]}`,
        ]),
  );
  say(table([['column', 'method', 'key', 'status', 'values'], ...rows]));
}

export function sayMessages({ since, until, days, waiting, conclusions }: MessagesReport): void {
  say(`Messages sent from ${since} to ${until} (UTC)`);
  say(
    table([
      ['day', 'placed', 'quarantined', 'inserted later', 'rows'],
      ...days.map(({ day, placed, aside, inserted, rows, known }) => [
        day,
        known ? count(placed) : 'forgotten',
        count(aside),
        count(inserted),
        rows === null ? 'not to be told' : count(rows),
      ]),
    ]),
  );
  const { queue, deadLetters, batches } = waiting;
  const depth = (look: typeof queue): string =>
    'unseen' in look ? `not seen (${look.unseen})` : `about ${count(look.visible + look.inFlight + look.delayed)}`;
  say(
    table([
      ['in the queue', depth(queue)],
      ['between the stages', 'unseen' in batches ? `not seen (${batches.unseen})` : `${count(batches.count)} batches`],
      ['dead letters', depth(deadLetters)],
    ]),
  );
  for (const line of conclusions) say(`  ${line}`);
}

export function sayProblems(problems: readonly Problem[]): void {
  say();
  if (problems.length === 0) {
    say(`${paint(process.stdout, 'green', '✔')} Nothing is wrong.`);
    return;
  }
  for (const { what, next, places } of problems) {
    say(`${paint(process.stdout, 'red', '✘')} ${what}`);
    if (places?.length === 0) say('  in a view, whose rows have no place of their own: look into the table behind it');
    else if (places !== undefined) say(`  at ${places.join(', ')}`);
    say(`  ${next}`);
  }
}
