import { definePipeline, rsa } from '@masque/pipeline';
import { z } from 'zod';

/** Takes bodies as large as SQS does, and loads them: what is long is not masked. */
export default definePipeline({
  name: 'roomy',
  source: { queue: 'roomy' },
  bodyMaxBytes: 1_048_576,
  record: z.object({ user_id: z.string(), ip: z.string(), note: z.string() }),
  mask: { ip: rsa('address') },
  target: {
    table: 'roomy',
    columns: {
      user_id: { type: 'text', from: 'user_id' },
      masked_ip: { type: 'text', token: 'ip' },
      note: { type: 'text', from: 'note' },
    },
  },
});
