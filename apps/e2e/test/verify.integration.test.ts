import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';
import { traffic } from '../src/logins.ts';
import { openWorld, type World } from '../src/world.ts';

const stack = inject('stack');
const command = resolve(import.meta.dirname, '../../cli/bin/masque.js');

interface Verified {
  readonly sound: boolean;
  readonly tokens: { readonly problems: readonly { readonly code: string; readonly places?: readonly string[] }[] };
  readonly messages: {
    readonly days: readonly Record<string, unknown>[];
    readonly waiting: Record<string, unknown>;
    readonly problems: readonly { readonly code: string; readonly what: string }[];
  };
}

async function verify(world: World, args: readonly string[] = [], env: Record<string, string> = {}) {
  const own = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '' };
  const { stdout, stderr, code } = await promisify(execFile)(process.execPath, [command, 'verify', ...args], {
    env: { ...own, ...world.local.settings, ...env },
  })
    .then((done) => ({ ...done, code: 0 }))
    .catch((error: { stdout: string; stderr: string; code: number }) => error);
  return { code, said: stdout + stderr, json: args.includes('--json') ? (JSON.parse(stdout) as Verified) : undefined };
}

const today = (): string => new Date().toISOString().slice(0, 10);

it('finds nothing wrong with what the stages load, and each thing that somebody else did, without a value', async () => {
  await using world = await openWorld({ stack, replicas: { extractor: 1, masker: 1, loader: 1 } });
  const day = today();
  const sent = traffic(60);
  const dead = await world.bundle.queues.createQueue(`${world.bundle.name}_dead`);
  await world.bundle.queues.send(dead, ['{}', '{}']);
  const withDead = await world.bundle.queues.createQueue(`${world.bundle.name}_source`, {
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: `arn:aws:sqs:${stack.region}:000000000000:${world.bundle.name}_dead`,
      maxReceiveCount: '10',
    }),
  });
  await world.send(sent.bodies);
  await world.whenQuiet();
  const well = await verify(world, ['--json'], { SQS_QUEUE_URL: withDead });
  expect(well).toMatchObject({
    code: 0,
    json: {
      sound: true,
      messages: {
        days: [{ day, placed: 60, aside: 6, inserted: 0, rows: 54, known: true }],
        waiting: { queue: { visible: 0 }, deadLetters: { visible: 2 }, batches: { count: 0 } },
      },
    },
  });
  const [first] = await world.query<{ masked_ip: string }>('select masked_ip from user_logins limit 1');
  const token = first?.masked_ip ?? '';
  const plain = '192.0.2.77';
  await world.query(
    `insert into user_logins (user_id, masked_ip, masked_device_id, create_date) values
       ('a', $1, null, $5), ('b', $2, null, $5), ('c', $3, null, $5), ('d', null, $4, $5)`,
    [plain, token.slice(0, 256), token.replace(/\.[a-z2-7]{6}\./, '.nobody.'), 'rsa1 of nothing', day],
  );
  await world.query(`delete from masque.ledger where message_id = (
    select message_id::uuid from masque.quarantine order by id limit 1)`);
  const ill = await verify(world, ['--json']);
  expect(ill.code).toBe(1);
  expect(ill.json?.tokens.problems.map(({ code, places }) => [code, places?.length])).toEqual([
    ['malformed', 1],
    ['looks_plain', 1],
    ['key_unknown', undefined],
    ['looks_plain', 1],
  ]);
  expect(ill.json?.messages.problems.map(({ code }) => code)).toEqual([
    'rows_unaccounted',
    'quarantine_without_ledger',
  ]);
  expect(ill.json?.messages.waiting).toMatchObject({ deadLetters: { unseen: 'no_dead_letter_queue' } });

  await world.query('alter table user_logins rename to kept');
  await world.query('create view public.user_logins as select * from kept');
  const viewed = await verify(world);
  expect(viewed.code).toBe(1);
  expect(viewed.said.match(/in a view, whose rows have no place/g)).toHaveLength(3);
  await world.query('drop view user_logins');
  await world.query('alter table kept rename to user_logins');

  await world.query(`delete from user_logins where user_id in ('a', 'b', 'c', 'd')`);
  await world.query('delete from user_logins where user_id = $1', [sent.users[0]]);
  await world.query('delete from user_logins where user_id = $1', [sent.users[1]]);
  const fewer = await verify(world);
  expect(fewer.code).toBe(1);
  expect(fewer.said).toMatch(/52 rows, where 59 messages less 6 quarantined make 53/);
  // Another day's messages are another day's affair; and what cannot be reached is said, not taken for nothing.
  const yesterday = await verify(world, ['--since', '2020-01-01', '--until', '2020-01-02', '--json'], {
    REDIS_URL: 'redis://127.0.0.1:1',
  });
  expect(yesterday).toMatchObject({
    code: 0,
    json: { messages: { days: [], waiting: { batches: { unseen: 'redis_unreachable' } } } },
  });
  for (const { said } of [well, ill, viewed, fewer, yesterday]) {
    expect(said).not.toContain(plain);
    expect(said).not.toContain('rsa1 of nothing');
    expect(said).not.toContain(token.slice(0, 60));
  }
  await Promise.all([dead, withDead].map((url) => world.bundle.queues.deleteQueue(url)));
});
