import {
  definePipeline,
  ff1,
  hmac,
  ipcryptDet,
  ipcryptPfx,
  redact,
  rsa,
  siv,
  truncate,
  versionNumber,
} from '@masque/pipeline';
import { z } from 'zod';

/**
 * A login, and beside it whatever else a definition can ask for: every type of column, every method that masks, fields
 * that may be null or missing, and a conversion that throws. A column of the message's id says which row is whose.
 *
 * RSA keys of 2048 bits and small bodies: what is looked for does not hang on either, and 100,000 bodies take minutes.
 */
export const definition = definePipeline({
  name: 'fuzz',
  source: { queue: 'fuzz' },
  bodyMaxBytes: 2_048,
  record: z.object({
    user_id: z.string(),
    app_version: z.string(),
    device_type: z.string(),
    ip: z.string(),
    locale: z.string().nullable(),
    device_id: z.string(),
    session: z.string().nullish(),
    small: z.number().nullish(),
    whole: z.int().nullish(),
    large: z.number().nullish(),
    real: z.number().nullish(),
    flag: z.boolean().nullish(),
    note: z.string().nullish(),
    moody: z.string().nullish(),
    peer: z.string().nullish(),
    net: z.string().nullish(),
    hop: z.string().nullish(),
    exit: z.string().nullish(),
    email: z.string().nullish(),
    phone: z.string().nullish(),
    card: z.string().nullish(),
    secret: z.string().nullish(),
  }),
  mask: {
    ip: rsa('address', { bits: 2048 }),
    device_id: rsa('text', { bits: 2048 }),
    peer: ipcryptDet(),
    hop: ipcryptPfx(),
    net: truncate(),
    exit: siv('address'),
    email: siv('text'),
    phone: hmac('text'),
    card: ff1({ alphabet: '0123456789', keep: ' -' }),
    secret: redact({ as: 'hidden' }),
  },
  target: {
    table: 'fuzz',
    columns: {
      message_id: { type: 'text', message: 'id' },
      sent_at: { type: 'timestamptz', message: 'sent_at' },
      create_date: { type: 'date', message: 'sent_day' },
      user_id: { type: 'varchar(128)', from: 'user_id' },
      device_type: { type: 'varchar(32)', from: 'device_type' },
      locale: { type: 'varchar(32)', from: 'locale' },
      app_version: { type: 'integer', from: 'app_version', as: versionNumber },
      session: { type: 'uuid', from: 'session' },
      small: { type: 'smallint', from: 'small' },
      whole: { type: 'integer', from: 'whole' },
      large: { type: 'bigint', from: 'large' },
      real_number: { type: 'double precision', from: 'real' },
      flag: { type: 'boolean', from: 'flag' },
      note: { type: 'text', from: 'note' },
      mood: { type: 'integer', from: 'moody', as: { name: 'mood', convert: mood } },
      masked_ip: { type: 'text', token: 'ip' },
      masked_device_id: { type: 'text', token: 'device_id' },
      masked_peer: { type: 'text', token: 'peer' },
      masked_hop: { type: 'text', token: 'hop' },
      masked_net: { type: 'text', token: 'net' },
      masked_exit: { type: 'text', token: 'exit' },
      masked_email: { type: 'text', token: 'email' },
      masked_phone: { type: 'text', token: 'phone' },
      masked_card: { type: 'text', token: 'card' },
      masked_secret: { type: 'text', token: 'secret' },
    },
  },
});

/** A definition's own code may throw, with the value in its words, or give what no column holds. */
function mood(text: string): number {
  if (text.startsWith('throw')) throw new Error(`no mood: ${text}`);
  return text.length === 0 ? Number.NaN : text.length * 1e8;
}
