/**
 * Checked by tsc and never run: what a definition's types take and what they refuse. A `@ts-expect-error` without an
 * error under it is an error itself.
 */
import { z } from 'zod';
import {
  type Conversion,
  definePipeline,
  ff1,
  hmac,
  ipcryptDet,
  ipcryptPfx,
  redact,
  rsa,
  siv,
  truncate,
  vault,
  versionNumber,
} from '../src/index.ts';

const record = z.object({
  id: z.string(),
  ip: z.string(),
  email: z.string().nullish(),
  kind: z.enum(['ios', 'android']),
  note: z.string().optional(),
  locale: z.string().nullable(),
  count: z.number(),
  visits: z.int().nullable(),
  seen: z.boolean().default(false),
  tags: z.array(z.string()),
});

const base = { name: 'p', source: { queue: 'q' }, record } as const;
const mask = { ip: rsa('address') };
const shout: Conversion<string, string> = { name: 'shout', convert: (value) => value.toUpperCase() };
const isSmall: Conversion<number, boolean> = { name: 'isSmall', convert: (value) => value < 10 };
const ofIos: Conversion<'ios', number> = { name: 'ofIos', convert: (value) => value.length };
const toDate: Conversion<string, Date> = { name: 'toDate', convert: (value) => new Date(value) };

export const good = definePipeline({
  ...base,
  bodyMaxBytes: 1_024,
  mask: { ip: rsa('address'), email: rsa('text', { bits: 4096 }) },
  target: {
    table: 's.t',
    columns: {
      id: { type: 'varchar(64)', from: 'id' },
      id_as_uuid: { type: 'uuid', from: 'id' },
      ip: { type: 'text', token: 'ip' },
      email: { type: 'varchar(695)', token: 'email' },
      kind: { type: 'text', from: 'kind' },
      note: { type: 'text', from: 'note' },
      locale: { type: 'varchar(32)', from: 'locale' },
      count: { type: 'double precision', from: 'count' },
      visits: { type: 'smallint', from: 'visits' },
      seen: { type: 'boolean', from: 'seen' },
      version: { type: 'integer', from: 'locale', as: versionNumber },
      shouted: { type: 'text', from: 'kind', as: shout },
      small: { type: 'boolean', from: 'visits', as: isSmall },
      message: { type: 'text', message: 'id' },
      sent_at: { type: 'timestamptz', message: 'sent_at' },
      day: { type: 'date', message: 'sent_day' },
    },
  },
});

export const unmasked = definePipeline({
  ...base,
  mask: {},
  target: { table: 't', columns: { id: { type: 'text', from: 'id' } } },
});

const ip = { type: 'text', token: 'ip' } as const;

export const everyMethod = [
  definePipeline({ ...base, mask: { ip: vault('address') }, target: { table: 't', columns: { ip } } }),
  definePipeline({ ...base, mask: { ip: siv('address') }, target: { table: 't', columns: { ip } } }),
  definePipeline({ ...base, mask: { ip: hmac('text') }, target: { table: 't', columns: { ip } } }),
  definePipeline({ ...base, mask: { ip: ff1({ alphabet: '01' }) }, target: { table: 't', columns: { ip } } }),
  definePipeline({ ...base, mask: { ip: ipcryptDet() }, target: { table: 't', columns: { ip } } }),
  definePipeline({ ...base, mask: { ip: ipcryptPfx() }, target: { table: 't', columns: { ip } } }),
  definePipeline({ ...base, mask: { ip: truncate({ v4: 16 }) }, target: { table: 't', columns: { ip } } }),
  definePipeline({ ...base, mask: { ip: redact({ as: null }) }, target: { table: 't', columns: { ip } } }),
];

// Not even what throws everything away takes another type than text: the field's type is what its values are read by.
// @ts-expect-error
definePipeline({ ...base, mask: { count: redact() }, target: { table: 't', columns: {} } });

// An address method has no other form; FF1 has no alphabet of its own; texts only are put in a value's place.
// @ts-expect-error
ipcryptDet('text');
// @ts-expect-error
ff1({});
// @ts-expect-error
redact({ as: 0 });

// A mask of a field that the record does not have.
// @ts-expect-error
definePipeline({ ...base, mask: { port: rsa('text') }, target: { table: 't', columns: {} } });

// A mask of what is no text.
// @ts-expect-error
definePipeline({ ...base, mask: { count: rsa('text') }, target: { table: 't', columns: {} } });
// @ts-expect-error
definePipeline({ ...base, mask: { tags: rsa('text') }, target: { table: 't', columns: {} } });

// A method, a form and a size that do not exist.
// @ts-expect-error
definePipeline({ ...base, mask: { ip: 'rsa' }, target: { table: 't', columns: { ip } } });
// @ts-expect-error
rsa('phone');
// @ts-expect-error
rsa('text', { bits: 1024 });

// @ts-expect-error A column of a field that the record does not have.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'text', from: 'port' } } } });

// @ts-expect-error A plain column of a masked field.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'text', from: 'ip' } } } });

const shouted = { type: 'text', from: 'ip', as: shout } as const;
// @ts-expect-error Not even through a conversion.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: shouted } } });

// @ts-expect-error The token of a field that is not masked.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'text', token: 'id' } } } });

// @ts-expect-error A token in what is no text.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip: { type: 'integer', token: 'ip' } } } });

// @ts-expect-error Text in an integer column.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'integer', from: 'id' } } } });

// @ts-expect-error A number in a text column.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'text', from: 'count' } } } });

// @ts-expect-error A boolean in a number's column.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'smallint', from: 'seen' } } } });

// @ts-expect-error A list in any column.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'text', from: 'tags' } } } });

const numberAsText = { type: 'text', from: 'id', as: versionNumber } as const;
// @ts-expect-error A conversion's number in a text column.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: numberAsText } } });

const dateOfText = { type: 'date', from: 'id', as: toDate } as const;
// @ts-expect-error A conversion that gives what no column holds.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: dateOfText } } });

const versionOfNumber = { type: 'integer', from: 'count', as: versionNumber } as const;
// @ts-expect-error A conversion that takes another type than the field has.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: versionOfNumber } } });

const ofFewer = { type: 'integer', from: 'id', as: ofIos } as const;
// @ts-expect-error A conversion that takes fewer values than the field has.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: ofFewer } } });

// @ts-expect-error The day in a text column.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'text', message: 'sent_day' } } } });

const ofTwo = { type: 'text', from: 'id', token: 'ip' } as const;
// @ts-expect-error A column of two sources.
definePipeline({ ...base, mask, target: { table: 't', columns: { x: ofTwo } } });

// @ts-expect-error A column of no source.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'text' } } } });

// @ts-expect-error A type that PostgreSQL has and this does not.
definePipeline({ ...base, mask, target: { table: 't', columns: { ip, x: { type: 'jsonb', from: 'id' } } } });
