import { logLevels } from '@masque/observability/log-level';
import { fraction, integer, oneOf, text, url } from './settings.ts';

/** Settings that every stage has. */
export const stageSettings = {
  MASQUE_PIPELINE: text({
    doc: 'The pipeline to run: a name in pipelines/, or the path of a definition.',
    fallback: 'user-logins',
  }),
  LOG_LEVEL: oneOf({ doc: 'Least level logged.', choices: logLevels, fallback: 'info' }),
  HTTP_HOST: text({ doc: 'Address that /healthz, /readyz and /metrics listen on.', fallback: '127.0.0.1' }),
  HTTP_PORT: integer({ doc: 'Port of the same; 0 takes any free one and logs it.', fallback: 0, min: 0, max: 65_535 }),
  SHUTDOWN_GRACE_S: integer({
    doc: 'Time from SIGTERM to exit: three quarters to drain, the rest by force. Keep it under the supervisor’s own.',
    unit: 'seconds',
    fallback: 25,
    min: 1,
    max: 3_600,
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url({
    doc: 'Where traces go, by OTLP over HTTP, such as http://collector:4318. Without it there are none.',
    schemes: ['https', 'http'],
    optional: true,
  }),
  OTEL_TRACES_SAMPLER_ARG: fraction({ doc: 'Share of the batches that are traced.', fallback: 1 }),
};

/** Settings of the stages that hold keys. */
export const keySettings = {
  MASQUE_KEYS_DIR: text({
    doc: 'Folder made by `masque keys init`; each stage reads only the sub-folder of its name.',
    fallback: 'keys',
  }),
  MASQUE_KEYS_SIGNER: text({
    doc: 'Who signs the key files, as `masque keys list` shows it; files of others are refused. Unset: not looked at.',
    optional: true,
  }),
};

/** Settings of AWS KMS, where it keeps keys. */
export const kmsSettings = {
  AWS_REGION: text({ doc: 'Region of the queue, and of KMS; else what the AWS configuration says.', optional: true }),
  AWS_ENDPOINT_URL_KMS: url({
    doc: 'Another service that speaks as AWS KMS.',
    schemes: ['https', 'http'],
    optional: true,
  }),
};

/** Settings of what opens closed key files of the masker’s folder. */
export const maskerAccessSettings = {
  MASQUE_MASKER_PASSPHRASE_FILE: text({
    doc: 'File whose first line opens the masker’s key files, where they are closed with a passphrase.',
    optional: true,
  }),
  MASQUE_MASKER_PASSPHRASE: text({
    doc: 'The passphrase itself; a file is better kept.',
    secret: true,
    optional: true,
  }),
};

/** Settings of everything that talks to Redis. */
export const redisSettings = {
  REDIS_URL: url({
    doc: 'Redis or Valkey, 6.2 or newer, with maxmemory-policy noeviction.',
    schemes: ['redis', 'rediss'],
    fallback: 'redis://127.0.0.1:6379',
  }),
  REDIS_PREFIX: text({
    doc: 'First part of every Redis key; a hash tag such as {masque} on a cluster.',
    fallback: 'masque',
  }),
  JOB_LOCK_MS: integer({
    doc: 'How long a dead replica’s batch stays locked; another takes it within four thirds of this.',
    unit: 'milliseconds',
    fallback: 15_000,
    min: 1_000,
    max: 600_000,
  }),
};
