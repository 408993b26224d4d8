/**
 * From sending to a visible row, at an offered rate. Messages are sent on a schedule, whatever the pipeline makes of
 * it, and a message's time begins with its request. A trigger on the table notifies this process at each commit, so its
 * time ends when somebody else could read the row.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Replicas } from '@masque/local-pipeline';
import { Client } from 'pg';
import type { Arena } from './arena.ts';
import { masque } from './contestant.ts';
import { loginMessages } from './messages.ts';

export interface Latency {
  /** Messages offered a second. */
  readonly offered: number;
  readonly messages: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export const offeredRates = [10, 500, 2_000] as const;
const seconds = 10;
/** What the slowest message may take before it counts as lost. */
const patienceMs = 30_000;
const tick = 20;

const notifySql = `
create or replace function bench_notify() returns trigger language plpgsql as $$
begin
  perform pg_notify('bench_rows', (select string_agg(user_id, ' ') from fresh));
  return null;
end $$;
create or replace trigger bench_rows after insert on bench_logins referencing new table as fresh
  for each statement execute function bench_notify()`;

export async function measureLatency(arena: Arena, replicas: Replicas, signal: AbortSignal): Promise<Latency[]> {
  await arena.clear();
  const listener = new Client({ connectionString: arena.stack.postgres.url(), application_name: 'bench' });
  await listener.connect();
  const running = await masque(replicas).start(arena);
  try {
    await arena.pool.query(notifySql);
    await listener.query('listen bench_rows');
    // Code is compiled and connections are open before anything counts.
    await offer(arena, listener, 200, 2, signal);
    const found: Latency[] = [];
    for (const offered of offeredRates) found.push(await offer(arena, listener, offered, seconds, signal));
    return found;
  } finally {
    await running.stop();
    await arena.pool.query('drop trigger if exists bench_rows on bench_logins');
    await listener.end();
  }
}

async function offer(
  arena: Arena,
  listener: Client,
  offered: number,
  forS: number,
  signal: AbortSignal,
): Promise<Latency> {
  const total = offered * forS;
  const bodies = logins(total);
  const sentAt = new Float64Array(total);
  const took: number[] = [];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const onRows = ({ payload = '' }: { readonly payload?: string | undefined }): void => {
    const now = performance.now();
    for (const id of payload.split(' ')) took.push(now - (sentAt[Number(id)] ?? now));
    if (took.length >= total) resolve();
  };
  listener.on('notification', onRows);
  const sends: Promise<unknown>[] = [];
  const began = performance.now();
  for (let sent = 0; sent < total;) {
    signal.throwIfAborted();
    const due = Math.min(total, Math.ceil(((performance.now() - began) / 1_000) * offered));
    const now = performance.now();
    for (let at = sent; at < due; at += 1) sentAt[at] = now;
    if (due > sent) sends.push(arena.stack.sqs.send(arena.queueUrl, bodies.slice(sent, due)));
    sent = due;
    await sleep(Math.min(tick, 1_000 / offered));
  }
  await Promise.all(sends);
  await Promise.race([all, sleep(patienceMs, undefined, { ref: false })]);
  listener.off('notification', onRows);
  if (took.length !== total) throw new Error(`of ${total} messages ${took.length} became rows`);
  took.sort((a, b) => a - b);
  const quantile = (share: number): number => took[Math.min(total - 1, Math.floor(total * share))] ?? 0;
  return { offered, messages: total, p50: quantile(0.5), p99: quantile(0.99), max: took.at(-1) ?? 0 };
}

/** Good ones only, whose `user_id` is their number. */
function logins(total: number): string[] {
  const bodies: string[] = [];
  for (const chunk of loginMessages(Math.ceil(total * 1.02) + 100, 0.9).chunks()) {
    for (const body of chunk) {
      const login = JSON.parse(body) as Record<string, unknown>;
      if ('user_id' in login && bodies.length < total) {
        bodies.push(JSON.stringify({ ...login, user_id: String(bodies.length) }));
      }
    }
  }
  return bodies;
}
