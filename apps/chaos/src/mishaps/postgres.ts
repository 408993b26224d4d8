import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientBase } from 'pg';
import type { Arena } from '../arena.ts';
import { defineMishap, type Mishap } from '../mishap.ts';
import { watchReceives } from '../receives.ts';

const stopped = (name: string, signal: NodeJS.Signals | undefined, downMs: (scale: number) => number): Mishap =>
  defineMishap({
    name: `postgres:${name}`,
    strikes: ['postgres'],
    draw: (random, scale) => ({ ms: downMs(scale) + random.between(0, 200) }),
    async run(arena, { ms }) {
      const { postgres } = arena.stack;
      const mostReceives = watchReceives(arena);
      await postgres.stop(signal);
      await sleep(ms);
      const most = mostReceives();
      await postgres.start();
      if (most > 1) arena.complaints.push(`a message was received ${most} times while PostgreSQL was away`);
      return `${signal ?? 'SIGINT'}, away for ${ms} ms; meanwhile no message was received more than ${most}×`;
    },
  });

const terminated = defineMishap({
  name: 'postgres:terminate-backends',
  strikes: ['postgres'],
  draw: (random) => ({ times: random.between(3, 8) }),
  async run({ pool }, { times }) {
    let ended = 0;
    for (let at = 0; at < times; at += 1) {
      ended += await terminateLoaders(pool);
      await sleep(150);
    }
    return `ended ${ended} of the loaders' connections`;
  },
});

/**
 * A real one: a loader's statement locks the ledger, then the target; the rival holds the target and asks for the
 * ledger. The rival is patient, so that PostgreSQL's choice falls on the loader.
 */
const deadlock = defineMishap({
  name: 'postgres:deadlock',
  strikes: ['postgres'],
  draw: (random) => ({ times: random.between(1, 3) }),
  async run({ pool, pipeline }, { times }) {
    const before = await deadlocks(pool);
    for (let at = 0; at < times; at += 1) {
      const rival = await pool.connect();
      try {
        await rival.query("begin; set local deadlock_timeout = '20s'");
        await rival.query(`lock table ${pipeline.target.table} in share mode`);
        await untilLoaderWaits(pool);
        await rival.query('lock table masque.ledger in share mode');
      } finally {
        await rival.query('rollback');
        rival.release();
      }
      await sleep(100);
    }
    // The counter arrives when the backend is next idle.
    await sleep(1_100);
    return `PostgreSQL counts ${(await deadlocks(pool)) - before} deadlocks more`;
  },
});

/** PostgreSQL raises the very SQLSTATE, from a trigger on the target. */
const raised = (name: string, sqlstate: string): Mishap =>
  defineMishap({
    name: `postgres:${name}`,
    strikes: ['postgres'],
    draw: (random, scale) => ({ sqlstate, ms: Math.round(random.between(3_000, 10_000) * scale) }),
    async run({ pool, pipeline }, { ms }) {
      const { table } = pipeline.target;
      await pool.query(`
        create sequence if not exists public.chaos_raised;
        create or replace function public.chaos_raise() returns trigger language plpgsql as
          $$ begin perform nextval('public.chaos_raised'); raise exception using errcode = tg_argv[0]; end $$;
        create trigger chaos_raise before insert on ${table} for each statement execute function public.chaos_raise('${sqlstate}')`);
      await sleep(ms);
      // A sequence keeps its count whoever rolls back.
      const { rows } = await pool.query<{ count: string }>(
        'select case when is_called then last_value else 0 end as count from public.chaos_raised',
      );
      await pool.query(
        `drop trigger chaos_raise on ${table}; drop function public.chaos_raise(); drop sequence public.chaos_raised`,
      );
      return `raised ${sqlstate} ${rows[0]?.count ?? 0} times in ${ms} ms`;
    },
  });

const tooMany = defineMishap({
  name: 'postgres:too-many-connections',
  strikes: ['postgres'],
  draw: (random, scale) => ({ ms: Math.round(random.between(4_000, 8_000) * scale) }),
  async run({ pool, stack }, { ms }) {
    // Ours among them, before there is no other.
    const own = await pool.connect();
    const held: Client[] = [];
    const fill = async (): Promise<void> => {
      for (;;) {
        const client = new Client({ connectionString: stack.postgres.url() });
        client.on('error', () => {});
        try {
          await client.connect();
        } catch {
          return;
        }
        held.push(client);
      }
    };
    const lanes = async (): Promise<void> => void (await Promise.all(Array.from({ length: 8 }, fill)));
    try {
      await lanes();
      await terminateLoaders(own);
      const until = Date.now() + ms;
      while (Date.now() < until) {
        await lanes();
        await sleep(50);
      }
      return `held all ${held.length} for ${ms} ms, and ended the loaders' own`;
    } finally {
      await Promise.all(held.map((client) => client.end()));
      own.release();
    }
  },
});

async function terminateLoaders(connection: Pick<ClientBase, 'query'>): Promise<number> {
  const { rowCount } = await connection.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'masque-loader'",
  );
  return rowCount ?? 0;
}

async function deadlocks(pool: Arena['pool']): Promise<number> {
  const { rows } = await pool.query<{ deadlocks: number }>(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  return rows[0]?.deadlocks ?? 0;
}

async function untilLoaderWaits(pool: Arena['pool']): Promise<void> {
  const until = Date.now() + 3_000;
  while (Date.now() < until) {
    const { rowCount } = await pool.query(
      "select 1 from pg_stat_activity where application_name = 'masque-loader' and wait_event_type = 'Lock'",
    );
    if ((rowCount ?? 0) > 0) return;
    await sleep(20);
  }
}

export const postgresMishaps: readonly Mishap[] = [
  // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, recovery at the next start.
  stopped('immediate-stop', 'SIGQUIT', () => 200),
  stopped('restart', undefined, () => 0),
  stopped('outage', 'SIGQUIT', (scale) => Math.round(15_000 * scale)),
  terminated,
  deadlock,
  raised('serialization-failure', '40001'),
  raised('disk-full', '53100'),
  tooMany,
];
