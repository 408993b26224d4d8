import { Fault } from '@masque/fault';
import { openOriginKeys, openQuarantineOpener, type OriginKeys, recordAudit } from '@masque/keyring';
import { type Pipeline, type ReasonCode, reasonCodes, toTarget } from '@masque/pipeline';
import { openQuarantine, type Quarantine, type QuarantineEntry, type QuarantineFilter } from '@masque/postgres-sink';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { count, printable, remark, say, sayJson, table } from '../output/terminal.ts';
import { openQueue } from '../queue.ts';
import { custodianAccess } from '../keys/access.ts';

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
        .action((ids: readonly string[], flags: FilterFlags & { readonly reason: string }) =>
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

interface Context {
  readonly pipeline: Pipeline;
  readonly quarantine: Quarantine;
  readonly keysDir: string;
}

async function inQuarantine(work: (context: Context) => Promise<void>): Promise<void> {
  const pipeline = await readPipeline();
  const set = readEnvironment({ ...settings.postgres, ...settings.keys });
  const quarantine = openQuarantine({ databaseUrl: set.DATABASE_URL, target: toTarget(pipeline) });
  try {
    await work({ pipeline, quarantine, keysDir: set.MASQUE_KEYS_DIR });
  } finally {
    await quarantine.close();
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
    if (sealed === undefined) throw bodyless(id);
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

async function replay(
  context: Context,
  filter: QuarantineFilter,
  flags: FilterFlags & { readonly reason: string },
): Promise<void> {
  const { quarantine, keysDir, pipeline } = context;
  const entries = await quarantine.list(filter);
  const bodies = entries.filter(({ holds }) => holds === 'body');
  const rows = entries.filter(({ holds }) => holds === 'row');
  await recordAudit(keysDir, { verb: 'quarantine_replay', reason: flags.reason, count: entries.length });
  const done = { sent: 0, inserted: 0, refused: 0 };
  if (bodies.length > 0) {
    const access = custodianAccess();
    const open = await openQuarantineOpener(keysDir, pipeline, access);
    const { sign } = await openOriginKeys(keysDir, pipeline, access);
    const queue = openQueue(pipeline);
    try {
      for (let at = 0; at < bodies.length; at += chunk) {
        const some = bodies.slice(at, at + chunk);
        const messages = await Promise.all(some.map((entry) => again(entry, quarantine, open, sign)));
        await queue.sendAgain(messages);
        done.sent += await quarantine.markReplayed(some.map(({ id }) => id));
        if (process.stderr.isTTY) process.stderr.write(`\r${count(done.sent)} of ${count(bodies.length)} sent again `);
      }
      if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
    } finally {
      queue.close();
    }
  }
  for (const { id } of rows) {
    try {
      done.inserted += Number(await quarantine.insertRow(id));
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'row_refused') throw error;
      done.refused += 1;
      remark(`masque: ${id} is still refused (SQLSTATE ${String(error.details['sqlstate'])})`);
    }
  }
  if (flags.json) sayJson(done);
  else
    say(`${count(done.sent)} sent again, ${count(done.inserted)} rows inserted, ${count(done.refused)} still refused`);
  if (done.refused > 0) process.exitCode = 1;
}

/** Opened bodies are held of so many messages at once. */
const chunk = 100;

/**
 * A replay is a message of its own to the ledger, which knows the first one as quarantined; but the same one however
 * often it is sent.
 */
async function again(
  entry: QuarantineEntry,
  quarantine: Quarantine,
  open: (sealed: Uint8Array, messageId: string) => Promise<Buffer>,
  sign: OriginKeys['sign'],
): Promise<{ body: string; origin: string }> {
  const sealed = await quarantine.body(entry.id);
  if (sealed === undefined) throw bodyless(entry.id);
  const body = await open(sealed, entry.messageId);
  const first = entry.messageId.replace(/^replay-\d+-/, '');
  return {
    body: body.toString('utf8'),
    origin: sign({ id: `replay-${entry.id}-${first}`, sentAt: Math.round(entry.sentAt) }),
  };
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

function bodyless(id: string): Fault {
  return new Fault('entry_without_body', `the entry ${id} holds no body`, {
    heals: false,
    advice: 'A row that PostgreSQL refused is kept masked; a discarded entry keeps nothing.',
  });
}
