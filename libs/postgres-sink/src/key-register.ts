import { Fault } from '@masque/fault';
import type { Pool } from './pool.ts';
import type { SinkKey } from './target.ts';

/**
 * `masque.keys` as the loader uses it. The first batch of a pipeline says which keys it is masked with; after it, a
 * batch is refused
 * - whose key has a known name and another fingerprint,
 * - whose key was retired, and
 * - none of whose keys of a method is known, though the pipeline has one: another installation's file has another
 *   name for its key, and its tokens would silently not equal the earlier ones. A key that is to follow another is
 *   recorded before it is used.
 *
 * Asked once a key and process, then remembered until somebody says that it was retired.
 */
export interface KeyRegister {
  register(this: void, keys: readonly SinkKey[]): Promise<void>;
  forget(this: void, kids: readonly string[]): void;
}

export function createKeyRegister(pool: Pool, pipeline: string): KeyRegister {
  const known = new Map<string, string>();
  return {
    async register(keys) {
      if (keys.every(({ kid, fingerprint }) => known.get(kid) === fingerprint)) return;
      await pool.transaction(async (query) => {
        checkRetired(keys, await recordKeys(query, pipeline, keys));
      });
      for (const { kid, fingerprint } of keys) known.set(kid, fingerprint);
    },
    forget(kids) {
      for (const kid of kids) known.delete(kid);
    },
  };
}

interface RecordedKey extends SinkKey {
  readonly pipeline: string;
  readonly retired: boolean;
}

/**
 * Records what of these keys is not recorded yet, within a transaction.
 * @returns what was recorded of the pipeline before
 * @throws {Fault} `key_differs`
 */
export async function recordKeys(
  query: Pool['query'],
  pipeline: string,
  keys: readonly SinkKey[],
): Promise<readonly RecordedKey[]> {
  // Two loaders that meet the first batches of two maskers must not both find nothing recorded.
  await query({ text: `select pg_advisory_xact_lock(hashtext('masque.keys'))` });
  const recorded = await query<RecordedKey>({
    text: `select pipeline, kid, method, fingerprint, retired_at is not null as retired
           from masque.keys where pipeline = $1 or kid = any ($2)`,
    values: [pipeline, keys.map(({ kid }) => kid)],
  });
  const own = recorded.filter((key) => key.pipeline === pipeline);
  checkNames(keys, recorded);
  checkMethods(keys, own);
  for (const { kid, method, fingerprint } of keys.filter((key) => !own.some(({ kid: of }) => of === key.kid))) {
    await query({
      text: 'insert into masque.keys (pipeline, kid, method, fingerprint) values ($1, $2, $3, $4)',
      values: [pipeline, kid, method, fingerprint],
    });
  }
  return own;
}

function checkRetired(keys: readonly SinkKey[], own: readonly RecordedKey[]): void {
  const retired = keys.find(({ kid }) => own.some((key) => key.kid === kid && key.retired));
  if (retired === undefined) return;
  throw differs(
    retired,
    `the masker masks with the key ${retired.kid}, which was retired`,
    'Give the masker the key file of today; or undo it: `masque keys retire --undo`.',
  );
}

function checkNames(keys: readonly SinkKey[], recorded: readonly RecordedKey[]): void {
  for (const key of keys) {
    if (recorded.every(({ kid, fingerprint }) => kid !== key.kid || fingerprint === key.fingerprint)) continue;
    throw differs(
      key,
      `the masker masks with another key under the name ${key.kid} than the table was masked with`,
      'Give the masker the key file that masque.keys describes, or make a new key with a name of its own.',
    );
  }
}

function checkMethods(keys: readonly SinkKey[], own: readonly RecordedKey[]): void {
  for (const key of keys) {
    const earlier = own.filter(({ method }) => method === key.method).map(({ kid }) => kid);
    if (earlier.length === 0 || keys.some(({ kid }) => earlier.includes(kid))) continue;
    throw differs(
      key,
      `the masker masks with the key ${key.kid}, but the table was masked with ${earlier.join(', ')}`,
      'Give the masker the key file of that name. A key that is to follow it is promoted by `masque keys promote`.',
    );
  }
}

function differs({ kid }: SinkKey, what: string, advice: string): Fault {
  return new Fault('key_differs', what, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: `Equal values would stop giving equal tokens, so nothing is loaded. ${advice}`,
    details: { kid },
  });
}
