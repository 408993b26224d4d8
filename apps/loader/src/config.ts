import { integer, redisSettings, stageSettings, url } from '@masque/stage';

export const settings = {
  ...stageSettings,
  ...redisSettings,
  DATABASE_URL: url({
    doc: 'PostgreSQL 14 or newer; a user who may insert is enough. TLS by sslmode in the URL.',
    schemes: ['postgres', 'postgresql'],
  }),
  LOAD_CONCURRENCY: integer({
    doc: 'Batches loaded at once, each over a connection of its own.',
    unit: 'batches',
    fallback: 4,
    min: 1,
    max: 64,
  }),
};
