/**
 * Where every message ended, as the stores themselves tell it. Promises, each with a line of its own when broken:
 *
 * - Every message id is in exactly one of ledger and dead-letter queue, in the ledger once, and nobody else's is there.
 * - A good one has as many rows as messages were sent with its `user_id`, and no row is anybody else's.
 * - None is a dead letter: nothing here kills whoever reads it, and for our reasons nobody is to end there.
 * - A bad one has exactly one quarantine entry, with its reason.
 * - Equal values have equal tokens and different values different ones, whoever masked them and when.
 * - Nothing is left in SQS or Redis, but for the bytes of a few jobs that a kill kept from being added.
 */
import type { Arena } from './arena.ts';
import { tallyReceives } from './receives.ts';
import { drain } from './sqs-call.ts';
import { type Message, refusedUser } from './traffic.ts';

export interface Reckoning {
  readonly sent: number;
  readonly rows: number;
  readonly quarantined: number;
  readonly dead: number;
  /** Messages by how often SQS handed them out. */
  readonly receives: Readonly<Record<string, number>>;
  /** Batches whose bytes are left in Redis, and will be until they end by themselves. */
  readonly orphans: number;
  readonly violations: readonly string[];
}

export async function reckon(arena: Arena): Promise<Reckoning> {
  const { pool, post, sqs, dead } = arena;
  const { table } = arena.pipeline.target;
  const read = async <Row extends object>(text: string): Promise<Row[]> => (await pool.query<Row>(text)).rows;
  const [ledger, quarantine, rows, deadIds] = await Promise.all([
    read<{ id: string }>('select message_id::text as id from masque.ledger'),
    read<{ id: string; reason: string }>('select message_id as id, reason from masque.quarantine'),
    read<{ user: string }>(`select user_id as user from ${table}`),
    drain(sqs, dead.url),
  ]);
  const settled = tally(ledger.map(({ id }) => id));
  const died = tally(deadIds);
  const reasons = Map.groupBy(quarantine, ({ id }) => id);
  const violations = new Violations();

  for (const [id, message] of post.sent) {
    const places = (settled.get(id) ?? 0) + (died.get(id) ?? 0);
    if (places === 0) violations.add('lost: in no place', `${id} (${wordFor(message)})`);
    if (died.has(id)) violations.add('a dead letter for our reasons', `${id} (${wordFor(message)})`);
    if ((settled.get(id) ?? 0) > 1) violations.add('in the ledger twice', id);
    if (settled.has(id) && died.has(id)) violations.add('settled, and a dead letter all the same', id);
    const entries = reasons.get(id)?.map(({ reason }) => reason) ?? [];
    const expected = 'reason' in message && settled.has(id) ? [message.reason] : [];
    if (entries.join() !== expected.join())
      violations.add('quarantine entries', `${id}: [${entries.join()}] instead of [${expected.join()}]`);
  }
  for (const id of [...settled.keys(), ...reasons.keys(), ...died.keys()])
    if (!post.sent.has(id)) violations.add('a message that nobody sent', id);

  const expectedRows = tally(
    [...post.sent].flatMap(([id, message]) => ('user' in message && settled.has(id) ? [message.user] : [])),
  );
  const actualRows = tally(rows.map(({ user }) => user));
  for (const user of new Set([...expectedRows.keys(), ...actualRows.keys()])) {
    const [expected, actual] = [expectedRows.get(user) ?? 0, actualRows.get(user) ?? 0];
    if (actual < expected) violations.add('in the ledger without a row', `${user}: ${actual} of ${expected}`);
    if (actual > expected) violations.add('a row too many', `${user}: ${actual} instead of ${expected}`);
  }
  if (actualRows.has(refusedUser)) violations.add('a row that the owner refuses', refusedUser);
  await compareTokens(arena, violations);
  const orphans = await compareLeftovers(arena, violations);
  if (orphans > mostOrphans) violations.add('bytes left in Redis', `of ${orphans} batches`);
  return {
    sent: post.sent.size,
    rows: rows.length,
    quarantined: quarantine.length,
    dead: deadIds.length,
    receives: tallyReceives(arena),
    orphans,
    violations: violations.lines(),
  };
}

async function compareTokens({ pool, post, pipeline }: Arena, violations: Violations): Promise<void> {
  const { rows } = await pool.query<{ addresses: number; devices: number }>(
    `select count(distinct masked_ip)::int as addresses, count(distinct masked_device_id)::int as devices
     from ${pipeline.target.table}`,
  );
  const good = [...post.sent.values()].filter((message) => 'user' in message);
  const expected = {
    addresses: new Set(good.map(({ address }) => address)).size,
    devices: new Set(good.map(({ device }) => device)).size,
  };
  for (const kind of ['addresses', 'devices'] as const) {
    const found = rows[0]?.[kind] ?? 0;
    if (found !== expected[kind]) violations.add('tokens', `${found} different ${kind} instead of ${expected[kind]}`);
  }
}

/** What BullMQ keeps of a queue without a job. */
const furniture = /:(?:meta|events|id|marker|stalled-check|stalled|repeat|pc)$/;

/** A kill falls between storing and adding by chance, and mostly none does; bytes that nobody deletes would be of hundreds. */
const mostOrphans = 4;

/** @returns batches whose bytes are there, and an end of these bytes */
async function compareLeftovers({ redis, stack, queue }: Arena, violations: Violations): Promise<number> {
  const keys = (await redis.keys('*')).filter(
    (key) => !furniture.test(key) && !/^masque:[\w-]+:(?:lease|presence|figures)/.test(key),
  );
  let orphans = 0;
  for (const key of keys) {
    if (key.endsWith(':freight') && (await redis.pttl(key)) > 0) orphans += 1;
    else violations.add('left in Redis', key);
  }
  const { visible, inFlight, delayed } = await stack.sqs.counts(queue.url);
  if (visible + inFlight + delayed > 0)
    violations.add('left in SQS', `${visible} visible, ${inFlight} in flight, ${delayed} delayed`);
  return orphans;
}

function tally(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function wordFor(message: Message): string {
  return 'user' in message ? message.user : message.reason;
}

/** Many of one kind say no more than a few do. */
class Violations {
  readonly #kinds = new Map<string, string[]>();

  add(kind: string, what: string): void {
    const list = this.#kinds.get(kind);
    if (list === undefined) this.#kinds.set(kind, [what]);
    else list.push(what);
  }

  lines(): string[] {
    return [...this.#kinds].map(([kind, list]) => {
      const more = list.length > 5 ? ` and ${list.length - 5} more` : '';
      return `${kind}: ${list.slice(0, 5).join(', ')}${more}`;
    });
  }
}
