import { createHash, randomUUID } from 'node:crypto';
import { packBase64, packTexts } from '@masque/handoff';
import type { SinkBatch, Target } from '../src/index.ts';
import { noon } from './own-database.ts';

/** A table with two columns of the vault's tokens; `id` refuses what is beyond an integer. */
export const visits: Target = {
  name: 'visits',
  table: 'visits',
  columns: [
    { name: 'id', type: 'integer' },
    { name: 'masked_ip', type: 'text', tokenLength: 55, vault: true },
    { name: 'masked_device', type: 'text', tokenLength: 55, vault: true },
  ],
};

/** Shaped like the vault's: equal for equal values, and nothing to see of them. */
export function tokenOf(value: string): string {
  return `vlt1.abcdef.${createHash('sha256').update(value).digest('base64url')}`;
}

export interface Visit {
  readonly messageId?: string;
  readonly id?: number;
  readonly ip: string | null;
  readonly device?: string | null;
}

/** As the masker hands it over, one column packed and one not: an entry for each distinct token. Each call encrypts differently. */
export function aVisitBatch(visits: readonly Visit[]): SinkBatch {
  const ips = visits.map(({ ip }) => (ip === null ? null : tokenOf(ip)));
  const devices = visits.map(({ device = null }) => (device === null ? null : tokenOf(device)));
  const distinct = [...new Set([...ips, ...devices])].filter((token) => token !== null);
  return {
    messageIds: visits.map(({ messageId }) => messageId ?? randomUUID()),
    sentAt: visits.map(() => noon),
    receivedAt: noon,
    rows: visits.map((_, at) => at),
    columns: { id: visits.map(({ id }, at) => id ?? at), masked_ip: packTexts(ips), masked_device: devices },
    rejects: [],
    ...(distinct.length === 0 ? {} : { entries: entriesFor(distinct) }),
  };
}

export function entriesFor(tokens: readonly string[]): NonNullable<SinkBatch['entries']> {
  return {
    tokens,
    kids: tokens.map(() => 'abcdef'),
    ciphertexts: packBase64(tokens.map((token) => Buffer.from(`${token} ${randomUUID()}`).toString('base64'))),
  };
}

/** Tokens of rows, in the table or put aside, whose line in the vault is missing or is another token's. */
export const unopenableSql = `
  select token from (
    select unnest(array[masked_ip, masked_device]) as token from visits
    union all select unnest(array[masked_row->>'masked_ip', masked_row->>'masked_device']) from masque.quarantine
  ) as used
  where token is not null and not exists (
    select from masque.vault
    where vault.token = used.token and (erased_at is not null or convert_from(ciphertext, 'utf8') like used.token || ' %'))`;
