import {
  batchEnvelope,
  defineHandoff,
  type HandoffOutput,
  isIndex,
  isPacked,
  isText,
  isWhole,
  listOf,
  packBase64,
} from '@masque/handoff';
import { z } from 'zod';

type Cell = string | number | boolean | null;

const isCell = (value: unknown): value is Cell =>
  typeof value === 'string' || value === null || typeof value === 'boolean' || Number.isFinite(value);

/** A message that cannot be loaded. */
const reject = z.object({
  /** Its index in `messageIds`. */
  at: z.int().nonnegative(),
  /** A reason code of libs/pipeline. */
  reason: z.string().regex(/^[a-z][a-z0-9_]{1,40}$/),
  /** Fields of the pipeline's record that the reason is about; only names that the definition itself uses. */
  fields: z.array(z.string()),
  /** Base64 of the body, sealed to the custodian and bound to the message id. */
  body: z.string(),
});

/**
 * What `masque.vault` must hold so that the vault's tokens in `columns` can be opened, each distinct token once. In
 * the shape in which they are stored, so that nothing about them is left for PostgreSQL to refuse.
 */
const entries = z
  .object({
    tokens: z.array(z.string().regex(/^vlt1\.[a-z2-7]{6}\.[\w-]{43}$/)).min(1),
    kids: z.array(z.string().regex(/^[a-z2-7]{6}$/)),
    /** The values, encrypted to the custodian. */
    ciphertexts: z.union([
      z.instanceof(Buffer),
      // Of the release before.
      z.array(z.base64().min(4)).transform((all) => packBase64(all)),
    ]),
  })
  .refine((e) => e.kids.length === e.tokens.length && isPacked(e.ciphertexts, 'bytea', e.tokens.length));

/** Cells of a column of texts come packed; a release before this one wrote them as it writes all others. */
const cells = z.union([z.instanceof(Buffer), listOf(isCell)]);

/**
 * masker → loader: rows as columns, and rejects. Columns, because that is what one `unnest` statement takes and what
 * JSON repeats least. A message is either in `rows` or in `rejects`.
 *
 * A batch with entries is of version 2. A loader of the release before would drop them as a field that it does not
 * know, and load tokens that nobody could ever open; it leaves version 2 to loaders that store entries. A batch with
 * packed columns is of version 3, for loaders that unpack them.
 */
export const masked = defineHandoff({
  name: 'masked',
  version: 1,
  raisedBy: { entries: 2, freight: 3 },
  schema: z
    .object({
      ...batchEnvelope,
      messageIds: listOf(isText, { least: 1 }),
      receipts: listOf(isText),
      sentAt: listOf(isWhole),
      receivedAt: z.int(),
      /** Indices into `messageIds`, one a row. */
      rows: listOf(isIndex),
      /** By column name of the target table; every column has one cell a row. */
      columns: z.record(z.string(), cells),
      rejects: z.array(reject),
      /** Left out where no row has a token of the vault. */
      entries: entries.optional(),
      /** The keys that made the tokens in this batch; the loader refuses a kid whose fingerprint it knows otherwise. */
      keys: z.array(z.object({ kid: z.string(), method: z.string(), fingerprint: z.string() })),
    })
    .refine((b) => b.receipts.length === b.messageIds.length && b.sentAt.length === b.messageIds.length, {
      path: ['messageIds'],
    })
    .refine((b) => Object.values(b.columns).every((column) => holds(column, b.rows.length)), { path: ['columns'] })
    .refine((b) => placesEachMessageOnce(b.messageIds.length, b.rows, b.rejects), { path: ['rows'] }),
});

export type MaskedBatch = HandoffOutput<typeof masked>;
export type MaskedReject = MaskedBatch['rejects'][number];

function holds(column: z.output<typeof cells>, rows: number): boolean {
  return Array.isArray(column) ? column.length === rows : isPacked(column, 'text', rows);
}

/** The invariant that nothing is lost between masker and loader: rows and rejects together are every message once. */
function placesEachMessageOnce(
  messages: number,
  rows: readonly number[],
  rejects: readonly { readonly at: number }[],
): boolean {
  if (rows.length + rejects.length !== messages) return false;
  const seen = new Uint8Array(messages);
  for (const at of rows) seen[at] = 1;
  for (const { at } of rejects) seen[at] = 1;
  return !seen.includes(0);
}
