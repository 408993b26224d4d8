import { Fault } from '@masque/fault';
import { openQuarantineOpener, recordAudit } from '@masque/keyring';
import { type ReasonCode, reasonCodes, toTarget } from '@masque/pipeline';
import { createInspector, openQuarantine, type QuarantineEntry, type QuarantineFilter } from '@masque/postgres-sink';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { custodianAccess } from '../keys/access.ts';
import { count, printable, say, sayJson, table } from '../output/terminal.ts';
import { insertRows, type ReplayContext as Context, sendAgain, withoutBody } from '../quarantine/replay.ts';

interface FilterFlags {
  readonly reasonCode?: string;
  readonly since?: number;
  readonly json?: true;
}

export function quarantineCommand(): Command {
  return new Command('quarantine')
    .description('Messages that could not be loaded: see, replay or discard them.')
    .addCommand(
      withFilter(new Command('list').description('List what is held.'))
        .option('--all', 'also those replayed or discarded')
        .action((flags: FilterFlags & { readonly all?: true }) => inQuarantine((context) => list(context, flags))),
    )
    .addCommand(
      new Command('show')
        .description('Show one entry; its body only with --reveal, which needs the custodian’s key and is recorded.')
        .argument('<id>', 'as listed', anId)
        .option('--reveal', 'open the body')
        .option('--reason <text>', 'why; needed with --reveal')
        .option('--json', 'print one JSON object')
        .action((id: string, flags: ShowFlags) => inQuarantine((context) => show(context, id, flags))),
    )
    .addCommand(
      withFilter(
        new Command('replay').description(
          'Send held messages again, once each however often this is run. Say which: ids, --reason-code or --since.',
        ),
      )
        .argument('[id...]', 'as listed')
        .requiredOption('--reason <text>', 'why; recorded first')
        .option(
          '--in-doubt',
          'also those whose replay was cut short more than 30 days ago, which the ledger has forgotten: look first whether the table has them',
        )
        .action((ids: readonly string[], flags: ReplayFlags) =>
          inQuarantine((context) => replay(context, filterOf(ids, flags), flags)),
        ),
    )
    .addCommand(
      withFilter(new Command('discard').description('Destroy the bodies of held messages for ever; the entries stay.'))
        .argument('[id...]', 'as listed')
        .requiredOption('--reason <text>', 'why; kept with the entry')
        .action((ids: readonly string[], flags: FilterFlags & { readonly reason: string }) =>
          inQuarantine((context) => discard(context, filterOf(ids, flags), flags)),
        ),
    );
}

function withFilter(command: Command): Command {
  return command
    .option('--reason-code <code>', 'only those put aside for this reason', aReasonCode)
    .option(
      '--since <time>',
      'only those put aside at this time or later, as 2026-11-23 or 2026-11-23T10:00:00Z',
      aTime,
    )
    .option('--json', 'print one JSON object');
}

interface ReplayFlags extends FilterFlags {
  readonly reason: string;
  readonly inDoubt?: true;
}

async function inQuarantine(work: (context: Context) => Promise<void>): Promise<void> {
  const pipeline = await readPipeline();
  const set = readEnvironment({ ...settings.postgres, ...settings.keys });
  const options = { databaseUrl: set.DATABASE_URL, target: toTarget(pipeline) };
  const [quarantine, inspector] = [openQuarantine(options), createInspector(options)];
  try {
    await work({ pipeline, quarantine, inspector, keysDir: set.MASQUE_KEYS_DIR });
  } finally {
    await Promise.all([quarantine.close(), inspector.close()]);
  }
}

async function list({ quarantine }: Context, flags: FilterFlags & { readonly all?: true }): Promise<void> {
  const entries = await quarantine.list({ ...filterOf([], flags, false), status: flags.all === true ? 'any' : 'held' });
  if (flags.json) {
    sayJson({ entries });
    return;
  }
  if (entries.length === 0) say('Nothing is held.');
  else {
    const head = ['id', 'put aside', 'reason', 'fields', 'sqlstate', 'status', 'message id'];
    say(table([head, ...entries.map((entry) => row(entry))], ''));
  }
}

function row({ id, quarantinedAt, reason, fields, sqlstate, status, messageId }: QuarantineEntry): string[] {
  const time = new Date(quarantinedAt).toISOString().slice(0, 19);
  return [id, time, reason, fields.join(' '), sqlstate ?? '', status, messageId];
}

interface ShowFlags {
  readonly reveal?: true;
  readonly reason?: string;
  readonly json?: true;
}

async function show(context: Context, id: string, flags: ShowFlags): Promise<void> {
  const { quarantine, keysDir, pipeline } = context;
  const [entry] = await quarantine.list({ ids: [id], status: 'any' });
  if (entry === undefined) throw missing(id);
  let body: string | undefined;
  if (flags.reveal === true) {
    if (flags.reason === undefined) throw new InvalidArgumentError('--reveal needs --reason');
    const sealed = await quarantine.body(id);
    if (sealed === undefined) throw withoutBody(id);
    const opened = await (await openQuarantineOpener(keysDir, pipeline, custodianAccess()))(sealed, entry.messageId);
    await recordAudit(keysDir, { verb: 'quarantine_reveal', reason: flags.reason, count: 1 });
    body = opened.toString('utf8');
  }
  if (flags.json) {
    sayJson({ ...entry, ...(body === undefined ? {} : { body }) });
    return;
  }
  const times = (['sentAt', 'receivedAt', 'quarantinedAt'] as const).map((name) => [
    name,
    new Date(entry[name]).toISOString(),
  ]);
  const reason = reasonCodes[entry.reason as ReasonCode] ?? '';
  say(
    table(
      [
        ['id', entry.id],
        ['message id', entry.messageId],
        ...times,
        ['reason', `${entry.reason}: ${reason}`],
        ['fields', entry.fields.join(' ')],
        ['sqlstate', entry.sqlstate ?? ''],
        ['status', entry.status],
        ['holds', entry.holds],
      ],
      '',
    ),
  );
  if (body !== undefined) say(`\n${printable(body)}`);
}

async function replay(context: Context, filter: QuarantineFilter, flags: ReplayFlags): Promise<void> {
  const { quarantine, keysDir } = context;
  const entries = await quarantine.list(filter);
  await recordAudit(keysDir, { verb: 'quarantine_replay', reason: flags.reason, count: entries.length });
  const of = (holds: QuarantineEntry['holds']): QuarantineEntry[] => entries.filter((entry) => entry.holds === holds);
  const done = {
    ...(await sendAgain(context, of('body'), flags.inDoubt === true)),
    ...(await insertRows(quarantine, of('row'))),
  };
  if (flags.json) sayJson(done);
  else {
    say(
      `${count(done.sent)} sent again, ${count(done.inserted)} rows inserted, ${count(done.refused)} still refused` +
        (done.known === 0 ? '' : `, ${count(done.known)} were loaded by an earlier replay`),
    );
  }
  if (done.refused + done.doubtful > 0) process.exitCode = 1;
}

async function discard(
  context: Context,
  filter: QuarantineFilter,
  flags: FilterFlags & { readonly reason: string },
): Promise<void> {
  const entries = await context.quarantine.list(filter);
  await recordAudit(context.keysDir, { verb: 'quarantine_discard', reason: flags.reason, count: entries.length });
  const discarded = await context.quarantine.discard(
    entries.map(({ id }) => id),
    flags.reason,
  );
  if (flags.json) sayJson({ discarded });
  else say(`${count(discarded)} discarded`);
}

/** Replaying or discarding everything by leaving out a word would be too easy. */
function filterOf(ids: readonly string[], { reasonCode, since }: FilterFlags, mustChoose = true): QuarantineFilter {
  if (mustChoose && ids.length === 0 && reasonCode === undefined && since === undefined) {
    throw new Fault('nothing_chosen', 'say which entries: ids, --reason-code or --since', { heals: false });
  }
  return {
    ...(ids.length === 0 ? {} : { ids: ids.map((id) => anId(id)) }),
    ...(reasonCode === undefined ? {} : { reason: reasonCode }),
    ...(since === undefined ? {} : { since }),
    limit: 100_000,
  };
}

function aReasonCode(text: string): string {
  if (Object.hasOwn(reasonCodes, text)) return text;
  throw new InvalidArgumentError(`It is none of ${Object.keys(reasonCodes).join(', ')}.`);
}

function aTime(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('It is no time like 2026-11-23 or 2026-11-23T10:00:00Z.');
  return time;
}

function anId(text: string): string {
  if (/^\d{1,18}$/.test(text)) return text;
  throw new InvalidArgumentError('It is no id as `masque quarantine list` gives them.');
}

function missing(id: string): Fault {
  return new Fault('entry_missing', `there is no quarantine entry ${id} of this pipeline`, { heals: false });
}
