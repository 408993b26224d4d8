import { definePipeline, type MaskSpec, type Pipeline, versionNumber } from '@masque/pipeline';
import { z } from 'zod';

/** The shipped pipeline with another method for its two personal fields: the same messages, the same table. */
export function loginsMaskedWith(method: string, mask: { ip: MaskSpec; device_id: MaskSpec }): Pipeline {
  return definePipeline({
    name: `bench-${method}`,
    source: { queue: `bench-${method}` },
    record: z.object({
      user_id: z.string(),
      app_version: z.string(),
      device_type: z.string(),
      ip: z.string(),
      locale: z.string().nullable(),
      device_id: z.string(),
    }),
    mask,
    target: {
      table: 'bench_logins',
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
}
