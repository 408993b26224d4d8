/**
 * Held entries, sent or inserted again.
 *
 *     held ──begun: PostgreSQL knows since when──▶ sent ──marked──▶ replayed
 *              └── killed, or SQS failed: held, and begun ──▶ the next replay asks the ledger
 *                    ├── loaded by now ──▶ marked, and not sent
 *                    ├── not, and begun less than 30 days ago ──▶ sent again
 *                    └── not, and longer ago ──▶ in doubt: left as it is, or sent if told to
 *
 * Invariants
 * - A replay is a message of its own to the ledger, which knows the first one as quarantined; but the same one however
 *   often it is sent.
 * - What is sent was not loaded before, as far as that can be known. The ledger keeps for 30 days at least what it was
 *   told, so one that began later than that and is not in it was not loaded yet; and when one of its copies is, the
 *   ledger outlives the others (docs/guarantees.md).
 */
import { Fault } from '@masque/fault';
import { openOriginKeys, openQuarantineOpener, type OriginKeys } from '@masque/keyring';
import type { Pipeline } from '@masque/pipeline';
import type { Inspector, Quarantine, QuarantineEntry } from '@masque/postgres-sink';
import { custodianAccess } from '../keys/access.ts';
import { count, remark } from '../output/terminal.ts';
import { openQueue } from '../queue.ts';

export interface ReplayContext {
  readonly pipeline: Pipeline;
  readonly quarantine: Quarantine;
  readonly inspector: Pick<Inspector, 'inLedger'>;
  readonly keysDir: string;
}

export interface Sent {
  sent: number;
  /** Loaded by an earlier replay, which was cut short after it had sent them. */
  known: number;
  doubtful: number;
}

/** Opened bodies are held of so many messages at once. */
const chunk = 100;

export async function sendAgain(
  { pipeline, quarantine, inspector, keysDir }: ReplayContext,
  entries: readonly QuarantineEntry[],
  inDoubt: boolean,
): Promise<Sent> {
  const done: Sent = { sent: 0, known: 0, doubtful: 0 };
  if (entries.length === 0) return done;
  const access = custodianAccess();
  const open = await openQuarantineOpener(keysDir, pipeline, access);
  const { sign } = await openOriginKeys(keysDir, pipeline, access);
  const queue = openQueue(pipeline);
  try {
    for (let at = 0; at < entries.length; at += chunk) {
      const due = await dueOf(entries.slice(at, at + chunk));
      const messages = await Promise.all(due.map((entry) => again(entry, quarantine, open, sign)));
      if (messages.length > 0) await queue.sendAgain(messages);
      done.sent += await quarantine.markReplayed(due.map(({ id }) => id));
      if (process.stderr.isTTY) process.stderr.write(`\r${count(done.sent)} of ${count(entries.length)} sent again `);
    }
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  } finally {
    queue.close();
  }
  return done;

  /** Begun, and to be sent. Those that somebody else has decided about meanwhile are neither. */
  async function dueOf(some: readonly QuarantineEntry[]): Promise<QuarantineEntry[]> {
    const begun = await quarantine.beginReplay(some.map(({ id }) => id));
    const known = await inspector.inLedger(some.filter(({ id }) => begun.get(id) !== 'now').map(originOf));
    const loaded = some.filter((entry) => begun.has(entry.id) && known.has(originOf(entry).id));
    done.known += await quarantine.markReplayed(loaded.map(({ id }) => id));
    const left = some.filter((entry) => begun.has(entry.id) && !loaded.includes(entry));
    const doubtful = inDoubt ? [] : left.filter(({ id }) => begun.get(id) === 'long ago');
    done.doubtful += doubtful.length;
    for (const { id } of doubtful) {
      remark(
        `masque: ${id} may have been sent more than 30 days ago, and the ledger no longer knows whether it was loaded. Look for it in the table; then discard it, or replay it with --in-doubt`,
      );
    }
    return left.filter((entry) => !doubtful.includes(entry));
  }
}

export async function insertRows(
  quarantine: Quarantine,
  entries: readonly QuarantineEntry[],
): Promise<{ readonly inserted: number; readonly refused: number }> {
  const done = { inserted: 0, refused: 0 };
  for (const { id } of entries) {
    try {
      done.inserted += Number(await quarantine.insertRow(id));
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'row_refused') throw error;
      done.refused += 1;
      remark(`masque: ${id} is still refused (SQLSTATE ${String(error.details['sqlstate'])})`);
    }
  }
  return done;
}

async function again(
  entry: QuarantineEntry,
  quarantine: Quarantine,
  open: (sealed: Uint8Array, messageId: string) => Promise<Buffer>,
  sign: OriginKeys['sign'],
): Promise<{ body: string; origin: string }> {
  const sealed = await quarantine.body(entry.id);
  if (sealed === undefined) throw withoutBody(entry.id);
  const body = await open(sealed, entry.messageId);
  return { body: body.toString('utf8'), origin: sign(originOf(entry)) };
}

function originOf({ id, messageId, sentAt }: QuarantineEntry): { id: string; sentAt: number } {
  return { id: `replay-${id}-${messageId.replace(/^replay-\d+-/, '')}`, sentAt: Math.round(sentAt) };
}

export function withoutBody(id: string): Fault {
  return new Fault('entry_without_body', `the entry ${id} holds no body`, {
    heals: false,
    advice: 'A row that PostgreSQL refused is kept masked; a discarded entry keeps nothing.',
  });
}
