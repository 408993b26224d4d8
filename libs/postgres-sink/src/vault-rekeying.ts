import { retry } from '@masque/fault';
import { recordKeys } from './key-register.ts';
import { createPool, type Statement } from './pool.ts';
import { aloneSql, running } from './rekey-lock.ts';
import type { SinkKey, Target } from './target.ts';

/** PostgreSQL's part in encrypting the vault's entries to another key. No row of the target is touched. */
export interface VaultRekeying {
  /** Entries that are encrypted to the old key; tombstones are to none. */
  left(): Promise<number>;
  /** Some of them, by token, after this one. */
  entries(after: string, limit: number): Promise<VaultItem[]>;
  /** Answers how many were exchanged: one that was erased meanwhile stays erased. */
  exchange(items: readonly VaultItem[]): Promise<number>;
  /** @throws {Fault} `rekey_running`, `key_differs` */
  alone<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface VaultItem {
  readonly token: string;
  readonly ciphertext: Uint8Array;
}

const retryForMs = 60_000;

export function openVaultRekeying(options: {
  readonly databaseUrl: string;
  readonly target: Target;
  readonly from: SinkKey;
  readonly to: SinkKey;
}): VaultRekeying {
  const { databaseUrl, target, from, to } = options;
  const pool = createPool({ databaseUrl, name: 'masque-rekey', connections: 2 });
  const steadily = <Row extends object>(statement: Statement): Promise<Row[]> =>
    retry(() => pool.query<Row>(statement), { signal: AbortSignal.timeout(retryForMs) });

  return {
    async left() {
      const [row] = await steadily<{ readonly count: number }>({
        text: 'select count(*)::float8 as count from masque.vault where kid = $1 and ciphertext is not null',
        values: [from.kid],
      });
      return row?.count ?? 0;
    },
    entries: (after, limit) =>
      steadily({
        text: `select token, ciphertext from masque.vault
               where token > $1 and kid = $2 and ciphertext is not null order by token limit $3`,
        values: [after, from.kid, limit],
      }),
    async exchange(items) {
      const rows = await steadily({
        text: `update masque.vault set ciphertext = decode(fresh, 'base64'), kid = $3
               from unnest($1::text[], $2::text[]) as items (item, fresh)
               where token = item and kid = $4 and vault.ciphertext is not null returning 1`,
        values: [
          items.map(({ token }) => token),
          items.map(({ ciphertext }) => Buffer.from(ciphertext).toString('base64')),
          to.kid,
          from.kid,
        ],
      });
      return rows.length;
    },
    alone: (work) =>
      pool.transaction(async (query) => {
        const [lock] = await query<{ readonly taken: boolean }>({ text: aloneSql });
        if (lock?.taken !== true) throw running();
        await pool.transaction((own) => recordKeys(own, target.name, [from, to]));
        return work();
      }),
    close: () => pool.close(),
  };
}
