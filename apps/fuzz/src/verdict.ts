/**
 * What must hold of every batch, whatever is in it.
 *
 * - Each message is in the ledger once, and a row or a quarantine entry, once and not both; its receipt is handed on.
 * - A batch that comes again adds nothing.
 * - A reason is one of those known, and its fields are the record's.
 * - A quarantined body is the message's, byte for byte, and only the custodian reads it. A row that PostgreSQL refused
 *   is kept instead.
 * - A good message is a row, whatever its neighbours are, and says in it what it said.
 * - No value of a masked field is in any output, in clear or spelled otherwise.
 */
import { encodeBody } from '@masque/extractor/body';
import { reasonCodes } from '@masque/pipeline';
import type { Body } from './bodies.ts';
import { definition } from './definition.ts';
import type { Loaded, Places, Quarantined } from './places.ts';
import { holdsSecret, tellsItself } from './secrets.ts';
import type { Passage } from './way.ts';

export type OpenBody = (sealed: Uint8Array, messageId: string) => Promise<Buffer>;

/** Every breach, in words; `at` is the body's place in its batch. */
export interface Breach {
  readonly at: number;
  readonly what: string;
}

const fields = new Set(Object.keys(definition.record.shape));

export async function judge(
  bodies: readonly Body[],
  { messageIds, masked, receipts }: Passage,
  places: Places,
  open: OpenBody,
): Promise<Breach[]> {
  const ledger = Map.groupBy(places.ledger, (id) => id);
  const rows = Map.groupBy(places.rows, ({ id }) => id);
  const quarantine = Map.groupBy(places.quarantine, ({ id }) => id);
  const settled = new Set(receipts);
  const breaches: Breach[] = [];
  for (const [at, { body, good }] of bodies.entries()) {
    const id = messageIds[at] ?? '';
    const [ofLedger, ofRows, ofQuarantine] = [ledger.get(id) ?? [], rows.get(id) ?? [], quarantine.get(id) ?? []];
    const [row] = ofRows;
    const [entry] = ofQuarantine;
    const found = [
      ...(ofLedger.length === 1 ? [] : [`in the ledger ${ofLedger.length} times`]),
      ...(ofRows.length + ofQuarantine.length === 1
        ? []
        : [`${ofRows.length} rows and ${ofQuarantine.length} quarantine entries`]),
      ...(settled.has(`receipt-${id}`) ? [] : ['its receipt is not handed on']),
      ...(good === undefined ? [] : rowBreaches(good, row)),
      ...(entry === undefined ? [] : await entryBreaches(entry, body, open)),
    ];
    const texts = [row?.text, entry?.text].filter((text) => text !== undefined);
    if (!tellsItself(body) && texts.some(holdsSecret)) found.push('a value of a masked field is in PostgreSQL');
    breaches.push(...found.map((what) => ({ at, what })));
  }
  const betweenStages = `${masked.json} ${masked.freight?.toString() ?? ''}`;
  if (!bodies.some(({ body }) => tellsItself(body)) && holdsSecret(betweenStages))
    breaches.push({ at: -1, what: 'a value of a masked field is in Redis' });
  return breaches;
}

function rowBreaches(good: NonNullable<Body['good']>, row: Loaded | undefined): string[] {
  if (row === undefined) return ['a good message is no row'];
  return (['user_id', 'locale', 'note'] as const)
    .filter((column) => row[column] !== good[column])
    .map((column) => `its row says something else in ${column}`);
}

async function entryBreaches(entry: Quarantined, body: Body['body'], open: OpenBody): Promise<string[]> {
  const found: string[] = [];
  if (!Object.hasOwn(reasonCodes, entry.reason)) found.push(`quarantined for ${entry.reason}, which is no reason`);
  if (!entry.fields.every((field) => fields.has(field) || field in definition.target.columns))
    found.push('quarantined for a field that the record does not have');
  if (entry.reason === 'refused_by_database') return found;
  const bytes = typeof body === 'string' ? encodeBody(body) : body;
  const opened = await open(entry.body ?? Buffer.alloc(0), entry.id).catch(() => undefined);
  if (opened === undefined || !opened.equals(bytes)) found.push('its quarantined body is not the one it had');
  return found;
}
