import { z } from 'zod';
import { definePipeline } from '../../src/index.ts';

export default definePipeline({
  name: 'good',
  source: { queue: 'good-queue' },
  record: z.object({ id: z.string() }),
  mask: {},
  target: { table: 'good', columns: { id: { type: 'text', from: 'id' } } },
});
