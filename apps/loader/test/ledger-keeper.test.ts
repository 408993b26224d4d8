import { Fault } from '@masque/fault';
import { expect, test } from 'vitest';
import { createLedgerKeeper } from '../src/ledger-keeper.ts';

const nothing = { detached: [], dropped: [], busy: false };
const away = new Fault('postgres_unreachable', 'away', { heals: true });

test('looks at once, tells what was retired, comes back soon after a fault or a held lock, and stops', async () => {
  const told: string[] = [];
  const rounds = [
    async () => Promise.reject(away),
    async () => ({ ...nothing, busy: true }),
    async () => ({ ...nothing, detached: ['2025-01-15'] }),
    async () => nothing,
  ];
  const kept = Promise.withResolvers<void>();
  const keeper = createLedgerKeeper({
    keep: async () => (await rounds.shift()?.()) ?? nothing,
    onKept({ detached }) {
      told.push(`detached ${detached.join(' ')}`);
      kept.resolve();
    },
    onFault: ({ code }) => told.push(code),
    againMs: 1,
  });
  keeper.start();
  await kept.promise;
  keeper.stop();
  expect(told).toEqual(['postgres_unreachable', 'detached 2025-01-15']);
  // An hour is not over.
  expect(rounds).toHaveLength(1);
});

test('says nothing of a round that the end overtakes', async () => {
  const told: string[] = [];
  const closed = Promise.withResolvers<never>();
  const keeper = createLedgerKeeper({
    keep: () => closed.promise,
    onKept: () => told.push('kept'),
    onFault: ({ code }) => told.push(code),
  });
  keeper.start();
  keeper.stop();
  closed.reject(away);
  await new Promise(setImmediate);
  expect(told).toEqual([]);
});
