import { definePipeline, vault, versionNumber } from '@masque/pipeline';
import { z } from 'zod';

/**
 * The same logins with the method `vault`: tokens of 55 characters, which the challenge's own varchar(256) columns hold
 * as they are, and the values once each in `masque.vault`, from where a person can be erased.
 */
export default definePipeline({
  name: 'user-logins-vault',
  source: { queue: 'login-queue' },
  record: z.object({
    user_id: z.string(),
    app_version: z.string(),
    device_type: z.string(),
    ip: z.string(),
    locale: z.string().nullable(),
    device_id: z.string(),
  }),
  mask: {
    ip: vault('address'),
    device_id: vault('text'),
  },
  target: {
    table: 'user_logins',
    columns: {
      user_id: { type: 'varchar(128)', from: 'user_id' },
      device_type: { type: 'varchar(32)', from: 'device_type' },
      masked_ip: { type: 'varchar(256)', token: 'ip' },
      masked_device_id: { type: 'varchar(256)', token: 'device_id' },
      locale: { type: 'varchar(32)', from: 'locale' },
      app_version: { type: 'integer', from: 'app_version', as: versionNumber },
      create_date: { type: 'date', message: 'sent_day' },
    },
  },
});
