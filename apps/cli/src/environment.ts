import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { type Pipeline, loadPipeline } from '@masque/pipeline';
import {
  kmsSettings,
  maskerAccessSettings,
  oneOf,
  readSettings,
  redisSettings,
  type Settings,
  type SettingsOf,
  stageSettings,
  text,
  url,
} from '@masque/stage/command';

/** Written by `npm start` for commands given beside it, and removed when it ends. */
export const localEnvironmentFile = resolve('.masque', 'local.env');

/** The process's environment, over that of a local stack running in this folder. */
function environment(): Record<string, string | undefined> {
  const local = existsSync(localEnvironmentFile) ? parseEnv(readFileSync(localEnvironmentFile, 'utf8')) : {};
  return { ...local, ...process.env };
}

/** What commands may need, by the same names as the stages' settings. */
export const settings = {
  pipeline: { MASQUE_PIPELINE: stageSettings.MASQUE_PIPELINE },
  keys: { MASQUE_KEYS_DIR: text({ doc: 'Folder made by `masque keys init`.', fallback: 'keys' }) },
  passphrases: {
    MASQUE_PASSPHRASE_FILE: text({ doc: 'File whose first line opens custodian/.', optional: true }),
    MASQUE_PASSPHRASE: text({ doc: 'The passphrase that opens custodian/.', secret: true, optional: true }),
    ...maskerAccessSettings,
  },
  kms: kmsSettings,
  signer: { MASQUE_KEYS_SIGNER: text({ doc: 'Who signs the key files.', optional: true }) },
  redis: redisSettings,
  postgres: {
    DATABASE_URL: url({ doc: 'PostgreSQL.', schemes: ['postgres', 'postgresql'] }),
  },
  sqs: {
    SQS_QUEUE_URL: url({ doc: 'The queue.', schemes: ['https', 'http'], optional: true }),
    SQS_QUEUE_NAME: text({ doc: 'The queue’s name.', optional: true }),
    AWS_REGION: text({ doc: 'Region of the queue.', optional: true }),
    AWS_ENDPOINT_URL_SQS: url({ doc: 'Another SQS-compatible service.', schemes: ['https', 'http'], optional: true }),
    SQS_PROTOCOL: oneOf({ doc: 'What the service speaks.', choices: ['json', 'query'], fallback: 'json' }),
  },
} as const;

/** Reads settings for a command. @throws {Fault} `settings_invalid` */
export function readEnvironment<S extends Settings>(wanted: S): SettingsOf<S> {
  return readSettings(wanted, environment());
}

/** Whether something is set that a command does more with. */
export function hasSetting(name: string): boolean {
  return (environment()[name]?.trim() ?? '') !== '';
}

export async function readPipeline(): Promise<Pipeline> {
  return loadPipeline(readEnvironment(settings.pipeline).MASQUE_PIPELINE);
}
