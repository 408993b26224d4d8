import { integer, keySettings, kmsSettings, maskerAccessSettings, redisSettings, stageSettings } from '@masque/stage';

export const settings = {
  ...stageSettings,
  ...redisSettings,
  ...keySettings,
  ...maskerAccessSettings,
  ...kmsSettings,
  MASK_CONCURRENCY: integer({
    doc: 'Batches in hand at once; masking itself uses one core a replica.',
    unit: 'batches',
    fallback: 4,
    min: 1,
    max: 64,
  }),
  MASK_MEMO_ENTRIES: integer({
    doc: 'Recent values of a field whose tokens are remembered, in memory only; 0 remembers none.',
    unit: 'values',
    fallback: 20_000,
    min: 0,
    max: 10_000_000,
  }),
};
