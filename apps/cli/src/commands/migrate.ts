import { toTarget } from '@masque/pipeline';
import { migrate } from '@masque/postgres-sink';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { say, sayJson } from '../output/terminal.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Create what is missing in PostgreSQL: the schema masque, and the pipeline’s table.')
    .option('--widen', 'make token columns text where they are too short for the tokens')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly widen?: true; readonly json?: true }) => {
      const pipeline = await readPipeline();
      const { DATABASE_URL: databaseUrl } = readEnvironment(settings.postgres);
      const report = await migrate({ databaseUrl, target: toTarget(pipeline), widen: options.widen === true });
      if (options.json) {
        sayJson(report);
        return;
      }
      const { applied, createdTable, widened } = report;
      for (const file of applied) say(`applied ${file}`);
      if (createdTable) say(`created the table ${pipeline.target.table}`);
      for (const column of widened) say(`widened ${pipeline.target.table}.${column} to text`);
      if (applied.length + widened.length === 0 && !createdTable) say('nothing to do');
    });
}
