import { Fault } from '@masque/fault';
import type { Pool } from './pool.ts';
import type { SinkKey } from './target.ts';

/** `masque.keys` as the loader uses it: asked once a key and process, then remembered. */
export function createKeyRegister(pool: Pool): { register(keys: readonly SinkKey[]): Promise<void> } {
  const known = new Map<string, string>();
  return {
    async register(keys) {
      for (const key of keys) {
        const fingerprint = known.get(key.kid) ?? (await recorded(pool, key));
        known.set(key.kid, fingerprint);
        if (fingerprint !== key.fingerprint) throw differs(key);
      }
    },
  };
}

async function recorded(pool: Pool, key: SinkKey): Promise<string> {
  await pool.query({
    text: 'insert into masque.keys (kid, method, fingerprint) values ($1, $2, $3) on conflict do nothing',
    values: [key.kid, key.method, key.fingerprint],
  });
  const [row] = await pool.query<{ fingerprint: string }>({
    text: 'select fingerprint from masque.keys where kid = $1',
    values: [key.kid],
  });
  return row?.fingerprint ?? key.fingerprint;
}

function differs(key: SinkKey): Fault {
  return new Fault(
    'key_differs',
    `the masker masks with another key under the name ${key.kid} than the table was masked with`,
    {
      heals: false,
      setting: 'MASQUE_KEYS_DIR',
      advice:
        'Equal values would stop giving equal tokens, so nothing is loaded. Give the masker the key file that masque.keys describes, or make a new key with a name of its own.',
      details: { kid: key.kid },
    },
  );
}
