import { runStage } from '@masque/stage';
import { checkSettings, settings } from './config.ts';
import { createExtractor } from './extractor.ts';

await runStage({
  name: 'extractor',
  summary: 'receives messages from SQS, seals them in batches for the masker, and deletes what is settled.',
  settings,
  check: checkSettings,
  create: createExtractor,
});
