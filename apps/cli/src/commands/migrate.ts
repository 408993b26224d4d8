import { toTarget } from '@masque/pipeline';
import { migrate } from '@masque/postgres-sink';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { say, sayJson } from '../output/terminal.ts';
import { rolePrefix } from '../role-prefix.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .description('Create what is missing in PostgreSQL: the schema masque, and the pipeline’s table.')
    .option('--widen', 'make token columns text where they are too short for the tokens')
    .option(
      '--roles [prefix]',
      'create roles of least privilege, masque_loader, masque_dashboard and masque_custodian, or bring their grants up to date; another prefix where databases of one server must not share them',
      rolePrefix,
    )
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly widen?: true; readonly roles?: string | true; readonly json?: true }) => {
      const pipeline = await readPipeline();
      const { DATABASE_URL: databaseUrl } = readEnvironment(settings.postgres);
      const report = await migrate({
        databaseUrl,
        target: toTarget(pipeline),
        widen: options.widen === true,
        ...(options.roles === undefined ? {} : { rolePrefix: options.roles === true ? 'masque' : options.roles }),
      });
      if (options.json) {
        sayJson(report);
        return;
      }
      const { applied, createdTable, widened, roles = [] } = report;
      for (const file of applied) say(`applied ${file}`);
      if (createdTable) say(`created the table ${pipeline.target.table}`);
      for (const column of widened) say(`widened ${pipeline.target.table}.${column} to text`);
      for (const role of roles) say(`role ${role} has its grants: \`grant ${role} to …\` gives them to a user`);
      if (applied.length + widened.length + roles.length === 0 && !createdTable) say('nothing to do');
    });
}
