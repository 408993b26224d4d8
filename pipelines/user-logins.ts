import { definePipeline, rsa, versionNumber } from '@masque/pipeline';
import { z } from 'zod';

/** Logins of the Fetch Rewards data-engineering challenge: the address and the device are personal. */
export default definePipeline({
  name: 'user-logins',
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
    ip: rsa('address'),
    device_id: rsa('text'),
  },
  target: {
    table: 'user_logins',
    columns: {
      user_id: { type: 'varchar(128)', from: 'user_id' },
      device_type: { type: 'varchar(32)', from: 'device_type' },
      masked_ip: { type: 'text', token: 'ip' },
      masked_device_id: { type: 'text', token: 'device_id' },
      locale: { type: 'varchar(32)', from: 'locale' },
      app_version: { type: 'integer', from: 'app_version', as: versionNumber },
      create_date: { type: 'date', message: 'sent_day' },
    },
  },
});
