/**
 * Where the messages of some days are, as far as the stores can tell.
 *
 * Exact, of one moment, while loaders work on: for each day of sending, the ledger's entries, the quarantine's, and the
 * table's rows, if it has a column of that day. From these follows whether every message that was placed is a row or a
 * quarantine entry, and whether the table has rows that no message became.
 *
 * Approximate, of about now, and of no day: what waits in SQS, between the stages, and in the dead-letter queue.
 *
 * Not to be had: how many messages were sent. SQS does not say what it took, and forgets what it has deleted, so a
 * message that was deleted by somebody else, or outlived the queue's retention, is in no store and missed by none. And
 * no store says whether a dead letter was loaded as well; `masque redrive --dry-run` asks the ledger for each.
 */
import { toFault } from '@masque/fault';
import type { Pipeline } from '@masque/pipeline';
import type { DayAccount, DayColumn, Survey } from '@masque/postgres-sink';
import { count, plural, progress } from '../output/terminal.ts';
import type { Problem } from './problem.ts';

export interface Waiting {
  readonly queue: QueueLook;
  readonly deadLetters: QueueLook;
  /** Batches between the stages. */
  readonly batches: { readonly count: number } | Unseen;
}

type QueueLook = { readonly visible: number; readonly inFlight: number; readonly delayed: number } | Unseen;

/** It could not be looked at; why. */
interface Unseen {
  readonly unseen: string;
}

export interface MessagesReport {
  readonly since: string;
  readonly until: string;
  readonly days: readonly DayAccount[];
  readonly waiting: Waiting;
  readonly problems: readonly Problem[];
  readonly conclusions: readonly string[];
}

export interface MessagesOptions {
  readonly survey: Survey;
  readonly pipeline: Pipeline;
  /** UTC days, both included. */
  readonly since: string;
  readonly until: string;
  readonly look: { readonly [Store in keyof Waiting]: () => Promise<Exclude<Waiting[Store], Unseen>> };
}

export async function verifyMessages(options: MessagesOptions): Promise<MessagesReport> {
  const { survey, pipeline, since, until, look } = options;
  progress('  counting messages …');
  const day = dayColumn(pipeline);
  const days = await survey.days(since, until, day);
  const orphans = await survey.withoutLedger(since, until);
  const [queue, deadLetters, batches] = await Promise.all([
    orUnseen(look.queue),
    orUnseen(look.deadLetters),
    orUnseen(look.batches),
  ]);
  const waiting = { queue, deadLetters, batches };
  const problems = [...days.flatMap((account) => dayProblems(account)), ...orphanProblems(orphans, days)];
  return { since, until, days, waiting, problems, conclusions: [...settled(days, day, problems), ...open(waiting)] };
}

/** A store that cannot be reached from here takes nothing from what the others say. */
async function orUnseen<T>(look: () => Promise<T>): Promise<T | Unseen> {
  try {
    return await look();
  } catch (error) {
    return { unseen: toFault(error).code };
  }
}

function dayColumn({ target }: Pipeline): DayColumn | undefined {
  for (const { name, type, source } of target.columns) {
    if (source.kind === 'message' && source.attribute !== 'id') {
      return { name, type: type === 'date' ? 'date' : 'timestamptz' };
    }
  }
  return undefined;
}

function dayProblems({ day, placed, aside, inserted, rows, known }: DayAccount): Problem[] {
  if (!known || rows === null) return [];
  const due = placed - aside + inserted;
  if (rows === due) return [];
  const numbers = `${day}: ${plural(rows, 'row')}, where ${count(placed)} messages less ${count(aside)} quarantined${inserted === 0 ? '' : ` and ${count(inserted)} inserted later`} make ${count(due)}`;
  return rows < due
    ? [
        {
          code: 'rows_missing',
          what: numbers,
          next: 'Masque takes no row away but by `masque erase`. Ask the table’s owner what was deleted or given another day; a backup of that day has the rest.',
        },
      ]
    : [
        {
          code: 'rows_unaccounted',
          what: numbers,
          next: 'Somebody else inserts into the table, or the ledger was restored from an older backup than the table.',
        },
      ];
}

function orphanProblems(orphans: number, days: readonly DayAccount[]): Problem[] {
  if (orphans === 0 || days.some(({ known }) => !known)) return [];
  return [
    {
      code: 'quarantine_without_ledger',
      what: `${plural(orphans, 'quarantine entry', 'quarantine entries')} without the ledger entry that was made together with it`,
      next: 'Entries were taken out of masque.ledger, or put into masque.quarantine: until it is known by whom, replay none of them.',
    },
  ];
}

function settled(days: readonly DayAccount[], day: DayColumn | undefined, problems: readonly Problem[]): string[] {
  const placed = days.reduce((sum, account) => sum + account.placed, 0);
  const forgotten = days.filter(({ known }) => !known).map((account) => account.day);
  return [
    day === undefined
      ? 'The table has no column of the day of sending, so its rows cannot be told by day.'
      : problems.length === 0
        ? `Each of the ${count(placed)} messages placed is one row or one quarantine entry, and no row is without its message.`
        : 'Rows and messages do not agree; see below.',
    ...(forgotten.length === 0
      ? []
      : [`The ledger keeps nothing of ${forgotten.join(', ')}: these days’ rows cannot be accounted for.`]),
    'How many messages were sent is known to no store: CloudWatch’s NumberOfMessagesSent, or the sender, has it.',
  ];
}

function open({ queue, deadLetters, batches }: Waiting): string[] {
  const lines: string[] = [];
  if ('unseen' in queue || 'unseen' in batches) lines.push('What is still on its way could not be looked at.');
  else {
    const waiting = queue.visible + queue.inFlight + queue.delayed;
    lines.push(
      waiting === 0 && batches.count === 0
        ? 'Nothing waits, as far as SQS’s approximate counts can tell: what was sent was placed, is a dead letter, or was taken away by somebody else.'
        : `About ${plural(waiting, 'message')} and ${count(batches.count)} batches are on their way. A message in both is counted twice.`,
    );
  }
  if ('unseen' in deadLetters) {
    lines.push(
      deadLetters.unseen === 'no_dead_letter_queue'
        ? 'The queue has no dead-letter queue: a message that never gets through is deleted when the retention ends.'
        : 'The dead-letter queue could not be looked at.',
    );
  } else {
    const dead = deadLetters.visible + deadLetters.inFlight + deadLetters.delayed;
    if (dead > 0) {
      lines.push(
        `About ${plural(dead, 'message')} in the dead-letter queue, of any day. Some may have been placed as well: \`masque redrive --from URL --dry-run\` asks the ledger for each.`,
      );
    }
  }
  return lines;
}
