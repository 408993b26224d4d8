import { integer, redisSettings, stageSettings, url } from '@masque/stage';

export const settings = {
  ...stageSettings,
  ...redisSettings,
  DATABASE_URL: url({
    doc: 'PostgreSQL 14 or newer; a user with the role that `masque migrate --roles` makes for it is enough. TLS by sslmode in the URL.',
    schemes: ['postgres', 'postgresql'],
  }),
  LOAD_CONCURRENCY: integer({
    doc: 'Batches loaded at once, each over a connection of its own.',
    unit: 'batches',
    fallback: 4,
    min: 1,
    max: 64,
  }),
  LEDGER_RETENTION_DAYS: integer({
    doc: 'How long the ledger remembers what was loaded. A queue and its dead-letter queue may bring a message back for 28 days.',
    unit: 'days',
    fallback: 35,
    min: 30,
    max: 3_650,
  }),
};
