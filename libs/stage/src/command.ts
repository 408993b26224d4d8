/**
 * What a command has in common with a stage: settings and exit statuses. A face of its own, because a command loads no
 * log, metrics and traces: 130 modules, 50 ms of every start.
 */
export { exitStatus, statusOf } from './exit.ts';
export { kmsSettings, maskerAccessSettings, redisSettings, stageSettings } from './stage-settings.ts';
export { oneOf, readSettings, type Settings, type SettingsOf, text, url } from './settings.ts';
