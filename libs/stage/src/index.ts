export { exitStatus, statusOf } from './exit.ts';
export { type Deadline, runStage, type Service, type StageContext, type StageDefinition } from './run-stage.ts';
export { keySettings, kmsSettings, maskerAccessSettings, redisSettings, stageSettings } from './stage-settings.ts';
export {
  describeSettings,
  flag,
  fraction,
  integer,
  oneOf,
  readSettings,
  type Setting,
  type SettingDescription,
  type Settings,
  type SettingsOf,
  text,
  url,
} from './settings.ts';
export { createWeightLimit, type WeightLimit } from './weight-limit.ts';
