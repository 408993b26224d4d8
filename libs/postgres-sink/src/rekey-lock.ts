import { Fault } from '@masque/fault';

/**
 * One rekey at a time on a database. Held by a transaction that does nothing else, and so keeps no row from being
 * vacuumed; behind a pooler that lends connections by transaction, a lock of the session would be lost.
 */
export const aloneSql = `select pg_try_advisory_xact_lock(hashtext('masque.rekey')) as taken,
                        set_config('idle_in_transaction_session_timeout', '0', true)`;

export function running(): Fault {
  return new Fault('rekey_running', 'another rekey runs on this database', {
    heals: true,
    setting: 'DATABASE_URL',
    advice: 'Wait for it to end. One that was killed is gone as soon as PostgreSQL has noticed.',
  });
}
