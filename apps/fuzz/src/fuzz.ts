import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toFault } from '@masque/fault';
import { initKeys, openQuarantineOpener } from '@masque/keyring';
import { toTarget } from '@masque/pipeline';
import { migrate } from '@masque/postgres-sink';
import { Pool } from 'pg';
import { type Body, bodiesOf } from './bodies.ts';
import { definition } from './definition.ts';
import { placesOf } from './places.ts';
import { judge } from './verdict.ts';
import { openWay, type Passage, type Way } from './way.ts';

export interface FuzzOptions {
  readonly databaseUrl: string;
  readonly bodies: number;
  readonly seed: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzReport {
  readonly seed: string;
  readonly bodies: number;
  /** SHA-256 over the bodies: the same for the same seed and number. */
  readonly digest: string;
  readonly rows: number;
  readonly quarantined: Readonly<Record<string, number>>;
  /** Rows that PostgreSQL refused, by SQLSTATE. */
  readonly refused: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly violations: readonly string[];
}

/** Batches under way at once: masking has one core, PostgreSQL another. */
const lanes = 3;
/** One batch in so many comes again. */
const againEvery = 5;
/** Violations that are told; what breaks one body often breaks thousands. */
const mostTold = 20;

/** Fresh bodies of a seed, batch by batch, and a look at where each of them ended. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const { databaseUrl, bodies, seed, signal, onProgress } = options;
  const began = performance.now();
  const keysDir = await mkdtemp(join(tmpdir(), 'masque-fuzz-'));
  const pool = new Pool({ connectionString: databaseUrl, max: lanes });
  // Whoever drops the database afterwards ends what the pool has not closed yet.
  pool.on('error', () => {});
  const digest = createHash('sha256');
  const tally = { rows: 0, quarantined: {} as Record<string, number>, refused: {} as Record<string, number> };
  const violations: string[] = [];
  let way: Way | undefined;
  let done = 0;

  function* batches(): Generator<{ readonly number: number; readonly bodies: Body[] }> {
    let made = 0;
    for (let number = 0; made < bodies; number += 1) {
      const batch = bodiesOf(seed, number, Math.min(sizeOf(number), bodies - made));
      for (const { body } of batch) digest.update(body).update('\0');
      made += batch.length;
      yield { number, bodies: batch };
    }
  }

  async function look(way: Way, number: number, batch: readonly Body[], open: Opened): Promise<void> {
    const tell = (what: string, at = -1): void => {
      if (violations.length < mostTold) violations.push(`batch ${number}${at < 0 ? '' : `, body ${at}`}: ${what}`);
    };
    let passage: Passage;
    try {
      passage = await way.take(batch);
      if (number % againEvery === 0) {
        const { duplicates } = await way.again(passage);
        if (duplicates !== batch.length) tell('it came again and was not all known');
      }
    } catch (error) {
      const { code, details } = toFault(error);
      tell(`ended in ${code} ${JSON.stringify(details)}`);
      return;
    }
    const places = await placesOf(pool, passage.messageIds);
    for (const { at, what } of await judge(batch, passage, places, open)) tell(what, at);
    tally.rows += places.rows.length;
    for (const { reason, sqlstate } of places.quarantine) {
      tally.quarantined[reason] = (tally.quarantined[reason] ?? 0) + 1;
      if (sqlstate !== null) tally.refused[sqlstate] = (tally.refused[sqlstate] ?? 0) + 1;
    }
  }

  try {
    await Promise.all([initKeys(keysDir, definition), migrate({ databaseUrl, target: toTarget(definition) })]);
    // For `placesOf` alone; no stage looks anything up by these.
    await pool.query(
      `create index on ${definition.target.table} (message_id); create index on masque.quarantine (message_id)`,
    );
    const opened = (way = await openWay({ databaseUrl, keysDir }));
    const open = await openQuarantineOpener(keysDir, definition);
    const waiting = batches();
    const lane = async (): Promise<void> => {
      for (const { number, bodies: batch } of waiting) {
        signal?.throwIfAborted();
        await look(opened, number, batch, open);
        done += batch.length;
        onProgress?.(done);
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    await way?.close();
    await pool.end();
    await rm(keysDir, { recursive: true, force: true });
  }
  return {
    seed,
    bodies: done,
    digest: digest.digest('hex'),
    ...tally,
    seconds: (performance.now() - began) / 1_000,
    violations,
  };
}

type Opened = Awaited<ReturnType<typeof openQuarantineOpener>>;

/** From one message to a full batch. */
function sizeOf(number: number): number {
  return [200, 1, 150, 7, 200, 64][number % 6] ?? 1;
}
