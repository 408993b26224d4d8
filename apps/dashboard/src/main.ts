import { runStage } from '@masque/stage';
import { checkSettings, settings } from './config.ts';
import { createDashboard } from './dashboard.ts';

await runStage({
  name: 'dashboard',
  summary: 'shows the pipeline and its queues to people, and changes nothing.',
  settings,
  check: checkSettings,
  create: createDashboard,
});
