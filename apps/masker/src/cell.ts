import {
  type ColumnType,
  type Conversion,
  isRefusal,
  type ReasonCode,
  reasonCodes,
  type Refusal,
  refuse,
  varcharLength,
} from '@masque/pipeline';

/** A value of the target table, as JSON carries it to the loader. */
export type Cell = string | number | boolean | null;

/** Why PostgreSQL could not hold a value, as far as it can be known here; undefined when it can. */
export function unfit(value: unknown, type: ColumnType): ReasonCode | undefined {
  if (value === null) return undefined;
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : 'wrong_type';
  const bits = numberBits[type];
  if (bits === undefined) return typeof value === 'string' ? unfitText(value, type) : 'wrong_type';
  if (typeof value !== 'number') return 'wrong_type';
  return fitsBits(value, bits) ? undefined : 'out_of_range';
}

/** Why no text of PostgreSQL's could hold a value, whatever its column; undefined when one can. */
export function brokenText(value: string): ReasonCode | undefined {
  if (value.includes('\0')) return 'nul_character';
  return value.isWellFormed() ? undefined : 'lone_surrogate';
}

function unfitText(value: string, type: ColumnType): ReasonCode | undefined {
  const broken = brokenText(value);
  if (broken !== undefined) return broken;
  const width = varcharLength(type);
  return width !== undefined && isLongerThan(value, width) ? 'too_long' : undefined;
}

/** PostgreSQL counts characters, JavaScript UTF-16 units, of which there are never fewer. */
function isLongerThan(value: string, characters: number): boolean {
  return value.length > characters && Array.from(value).length > characters;
}

/** Beyond 2^53 a JSON number has lost digits before it comes here, so even `bigint` takes no more. */
const numberBits: Readonly<Record<string, number>> = {
  smallint: 15,
  integer: 31,
  bigint: 53,
  'double precision': Infinity,
};

function fitsBits(value: number, bits: number): boolean {
  if (bits === Infinity) return Number.isFinite(value);
  return Number.isInteger(value) && value < 2 ** bits && value >= -(2 ** bits);
}

/**
 * What a definition's conversion makes of a value, or why nothing. The definition is not ours: what it throws, gives
 * or refuses with is looked at here, so that it costs one message and not the batch.
 */
export function convertedCell(
  conversion: Conversion<never, unknown>,
  value: unknown,
  type: ColumnType,
): Cell | Refusal {
  let cell: unknown;
  try {
    cell = (conversion.convert as (value: unknown) => unknown)(value);
  } catch {
    return refuse('definition_failed');
  }
  if (isRefusal(cell)) return Object.hasOwn(reasonCodes, cell.refused) ? cell : refuse('definition_failed');
  const reason = unfit(cell, type);
  return reason === undefined ? (cell as Cell) : refuse(reason);
}

const dayMs = 86_400_000;
let lastDay = { number: Number.NaN, text: '' };

/** Of messages that follow each other nearly all are of one day. */
function dayOf(epochMs: number): string {
  const number = Math.floor(epochMs / dayMs);
  if (number !== lastDay.number) lastDay = { number, text: new Date(epochMs).toISOString().slice(0, 10) };
  return lastDay.text;
}

/** @param sentAt epoch milliseconds */
export function messageCell(attribute: 'id' | 'sent_at' | 'sent_day', messageId: string, sentAt: number): Cell {
  switch (attribute) {
    case 'id':
      return messageId;
    case 'sent_at':
      return new Date(sentAt).toISOString();
    case 'sent_day':
      return dayOf(sentAt);
    default:
      return attribute satisfies never;
  }
}
