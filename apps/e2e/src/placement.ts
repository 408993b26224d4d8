import { expect } from 'vitest';
import type { Traffic } from './logins.ts';
import type { World } from './world.ts';

/** Every message in exactly one place: each good login one row, each bad message one quarantine entry, all in the ledger once. */
export async function expectExactlyOnce(world: World, { bodies, users, bad }: Traffic): Promise<void> {
  const rows = await world.query<{ user_id: string }>('select user_id from user_logins');
  expect(rows.map(({ user_id }) => user_id).sort()).toEqual([...users].sort());
  const [counts] = await world.query<{ ledger: number; quarantined: number; messages: number }>(
    `select (select count(*) from masque.ledger)::int as ledger,
            (select count(*) from masque.quarantine)::int as quarantined,
            (select count(distinct message_id) from masque.quarantine)::int as messages`,
  );
  expect(counts).toEqual({ ledger: bodies.length, quarantined: bad, messages: bad });
}
