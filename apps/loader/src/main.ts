import { runStage } from '@masque/stage';
import { settings } from './config.ts';
import { createLoaderStage } from './loader.ts';

await runStage({
  name: 'loader',
  summary: 'loads masked batches into PostgreSQL, exactly once, and reports them settled.',
  settings,
  create: createLoaderStage,
});
