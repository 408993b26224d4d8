import { runStage } from '@masque/stage';
import { settings } from './config.ts';
import { createMaskerStage } from './masker.ts';

await runStage({
  name: 'masker',
  summary: 'opens batches, validates and masks their records, and hands columns to the loader.',
  settings,
  create: createMaskerStage,
});
