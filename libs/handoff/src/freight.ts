/**
 * The bytes of a batch. JSON holds none: a sealed batch as base64 is a third longer, and a column of tokens becomes
 * texts, and garbage, at either end of each queue. So they travel beside the job, end to end in one piece, and the job
 * says which they are:
 *
 *     { columns: { ip: <bytes>, app_version: [1, 2] }, … }
 *       ──▶ { freight: { id: "9ae0daaf", items: [["columns", "ip", 1220]] }, columns: { app_version: [1, 2] }, … }
 *           and the 1,220 bytes, under that id
 *
 * The id is a checksum of the bytes. A batch that is handed over twice under one batch id may differ from its first
 * self, by a key that was exchanged meanwhile, or by chance in an encryption; its job is not added then, and the bytes
 * must not come to belong to the job of the first.
 */
import { crc32 } from 'node:zlib';
import { isText, isWhole } from './list.ts';

/** A batch on the wire. */
export interface Wire {
  /** BullMQ's job data. */
  readonly data: object;
  /** What is stored beside the job, and is there before it. */
  readonly freight?: Freight;
}

export interface Freight {
  readonly id: string;
  readonly bytes: Buffer;
}

type Fields = Readonly<Record<string, unknown>>;

/** Where its bytes belong, and how many they are. */
type Item = readonly [...place: [field: string] | [field: string, member: string], bytes: number];

/** Takes out what is bytes, among the fields and the members of fields. */
export function unload(batch: Fields): Wire {
  const items: Item[] = [];
  const pieces: Uint8Array[] = [];
  const takeOut = (item: Item, piece: Uint8Array): undefined => {
    items.push(item);
    pieces.push(piece);
  };
  const data = leftOf(batch, (field, value) => {
    if (isBytes(value)) return takeOut([field, value.length], value);
    if (!isFields(value) || !Object.values(value).some(isBytes)) return value;
    return leftOf(value, (member, part) => (isBytes(part) ? takeOut([field, member, part.length], part) : part));
  });
  if (items.length === 0) return { data };
  const bytes = joined(pieces);
  const id = crc32(bytes).toString(16).padStart(8, '0');
  return { data: { ...data, freight: { id, items } }, freight: { id, bytes } };
}

function joined(pieces: readonly Uint8Array[]): Buffer {
  const [only] = pieces;
  return pieces.length === 1 && only instanceof Buffer ? only : Buffer.concat(pieces);
}

/** What stays of each field; undefined where nothing does. */
function leftOf(fields: Fields, stays: (name: string, value: unknown) => unknown): Fields {
  const left = Object.entries(fields).map(([name, value]): [string, unknown] => [name, stays(name, value)]);
  return Object.fromEntries(left.filter(([, value]) => value !== undefined));
}

/** The id of what belongs to a job. Undefined where nothing does, or what it says of it is no id. */
export function freightId(data: unknown): string | undefined {
  const freight = isFields(data) ? data['freight'] : undefined;
  const id = isFields(freight) ? freight['id'] : undefined;
  return isText(id) && /^[0-9a-f]{8}$/.test(id) ? id : undefined;
}

/** Puts it back. Undefined where job and bytes do not belong together. */
export function reload(data: Fields, bytes: Buffer | undefined): Fields | undefined {
  const { freight, ...batch } = data as Fields & { readonly freight?: unknown };
  if (freight === undefined) return batch;
  const items = isFields(freight) ? freight['items'] : undefined;
  if (bytes === undefined || !Array.isArray(items) || !items.every(isItem)) return undefined;
  const loaded = new Map(Object.entries(batch));
  let at = 0;
  for (const item of items) {
    const length = item.at(-1) as number;
    const piece = bytes.subarray(at, at + length);
    at += length;
    const [field, member] = item;
    const part = typeof member === 'string' ? withMember(loaded.get(field), member, piece) : piece;
    loaded.set(field, part);
  }
  return at === bytes.length ? Object.fromEntries(loaded) : undefined;
}

function withMember(fields: unknown, member: string, value: unknown): Fields {
  return Object.fromEntries([...Object.entries(isFields(fields) ? fields : {}), [member, value]]);
}

function isItem(item: unknown): item is Item {
  if (!Array.isArray(item) || item.length < 2 || item.length > 3) return false;
  const bytes: unknown = item.at(-1);
  return item.slice(0, -1).every(isText) && isWhole(bytes) && bytes >= 0;
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
