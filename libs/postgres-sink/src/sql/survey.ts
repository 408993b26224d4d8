/**
 * What a column of masked values holds: how many tokens of which key, and how many values that are none. Values are
 * looked at inside of PostgreSQL, and none leaves it: only counts and, of what is wrong, row positions.
 *
 * One regular expression a value is what costs: 19 s for a million RSA-3072 tokens, on a machine with much else to do,
 * where `translate`, to see whether a foreign character is left, took 190 s with three processes. Lengths and the last character make the rest of what
 * `parseToken` of libs/masking demands: base64url has one spelling, so the bits beyond the last whole byte are zero.
 */
import { quote } from '../identifier.ts';

/** What a masking method's results look like, as far as that can be told. */
export type MaskedShape =
  /** `rsa1.<kid>.…` and the like. */
  | { readonly kind: 'token' }
  /** `198.51.100.0/24` */
  | { readonly kind: 'network'; readonly v4: number; readonly v6: number }
  | { readonly kind: 'address' }
  | { readonly kind: 'letters'; readonly letters: string }
  | { readonly kind: 'fixed'; readonly text: string | null };

/**
 * `masked`: as the method gives it, without a key's name. `unjudged`: tokens of ff1 and of ipcrypt have the looks of
 * plain values. `malformed`: begins as a token does and is none. `plain`: nothing that this masking method gives.
 */
export type Finding = 'token' | 'masked' | 'unjudged' | 'malformed' | 'plain';

/** Columns `finding`, `method`, `kid` and `values`. Parameters: those of `judged`. */
export function surveySql(table: string, column: string, shape: MaskedShape): string {
  const token = shape.kind === 'token';
  return `select finding, ${token ? `case when finding = 'token' then split_part(cell, '.', 1) end` : 'null'} as method,
       ${token ? `case when finding = 'token' then split_part(cell, '.', 2) end` : 'null'} as kid,
       count(*)::float8 as values
from (select ${quote(column)} as cell, ${judged(quote(column), shape)} as finding
      from ${table} where ${quote(column)} is not null) as cells
group by 1, 2, 3 order by 1, 2, 3`;
}

/** Where some of what is wrong stands. Parameters: those of `judged`. */
export function placesSql(table: string, column: string, shape: MaskedShape, finding: Finding, limit: number): string {
  return `select tableoid::regclass::text || ' ' || ctid::text as place from ${table}
where ${quote(column)} is not null and ${judged(quote(column), shape)} = '${finding}' limit ${limit}`;
}

export function surveyParameters(shape: MaskedShape): unknown[] {
  switch (shape.kind) {
    case 'network':
      return [String(shape.v4), String(shape.v6)];
    case 'letters':
      return [shape.letters];
    case 'fixed':
      return [shape.text];
    default:
      return [];
  }
}

function judged(cell: string, shape: MaskedShape): string {
  switch (shape.kind) {
    case 'token':
      return `case when ${cell} ~ '^(rsa1|vlt1|siv1|hmac1)\\.[a-z2-7]{6}\\.[A-Za-z0-9_-]+$' and ${fits(cell)} then 'token'
        when ${cell} ~ '^(rsa|vlt|siv|hmac)[0-9]\\.' then 'malformed' else 'plain' end`;
    case 'network':
      return `case when ${cell} ~ '^[0-9.]+/[0-9]+$' and split_part(${cell}, '/', 2) = $1::text
         or ${cell} ~ '^[0-9a-f.:]*:[0-9a-f.:]*/[0-9]+$' and split_part(${cell}, '/', 2) = $2::text
        then 'masked' else 'plain' end`;
    case 'address':
      return `case when ${cell} ~ '^[0-9.]+$|^[0-9a-f:.]*:[0-9a-f:.]*$' then 'unjudged' else 'plain' end`;
    case 'letters':
      return `case when translate(${cell}, $1::text, '') = '' then 'unjudged' else 'plain' end`;
    case 'fixed':
      return `case when ${cell} is not distinct from $1::text then 'masked' else 'plain' end`;
    default:
      return shape satisfies never;
  }
}

/** Lengths that the methods give, without the 12 or 13 characters before; and no stray bits at the end. */
function fits(cell: string): string {
  const body = `split_part(${cell}, '.', 3)`;
  return `case split_part(${cell}, '.', 1)
        when 'rsa1' then length(${cell}) - 12 in (342, 512, 683)
        when 'siv1' then (length(${cell}) - 12) * 3 / 4 % 16 = 0 and (length(${cell}) - 12) * 3 / 4 >= 32
        when 'vlt1' then length(${cell}) - 12 = 43
        else length(${cell}) - 13 = 43 end
      and case length(${body}) % 4 when 0 then true when 2 then right(${cell}, 1) ~ '[AQgw]'
        when 3 then right(${cell}, 1) ~ '[AEIMQUYcgkosw048]' else false end`;
}
