import { createHash } from 'node:crypto';
import type { Pool } from './pool.ts';

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * A message id as the ledger keeps it. SQS's ids are UUIDs, 16 bytes in the index instead of 37; where a compatible
 * service gives others, 122 bits of their SHA-256 as a version 8 UUID (RFC 9562, 5.8) stand in.
 */
export function ledgerId(messageId: string): string {
  if (uuid.test(messageId)) return messageId.toLowerCase();
  const hash = createHash('sha256').update(messageId).digest('hex');
  const variant = '89ab'[Number.parseInt(hash.charAt(16), 16) & 3] ?? '8';
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

/** The UTC day of an epoch time in milliseconds, as `YYYY-MM-DD`. */
export function utcDay(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

/** Makes sure that the ledger has the partitions of some days, asking PostgreSQL once a day each. */
export function createLedgerDays(pool: Pool): { ensure(days: Iterable<string>): Promise<void>; forget(): void } {
  const known = new Set<string>();
  return {
    async ensure(days) {
      for (const day of days) {
        if (known.has(day)) continue;
        await pool.query({ text: 'select masque.ensure_ledger_day($1)', values: [day] });
        known.add(day);
      }
    },
    /** A partition was dropped under us. */
    forget: () => known.clear(),
  };
}
