import { type Pipeline, toTarget } from '@masque/pipeline';
import { createInspector, openTokenRows } from '@masque/postgres-sink';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { count, say, sayJson, shorten, table } from '../output/terminal.ts';
import { columnsOf } from '../tokens/columns.ts';

interface Flags {
  readonly field: string;
  readonly top: number;
  readonly json?: true;
}

/** Needs no key and is not recorded: it shows what anybody sees who may read the table. */
export function duplicatesCommand(): Command {
  return new Command('duplicates')
    .description('Show which tokens of a field stand in more than one row. It shows no values and needs no key.')
    .requiredOption('--field <name>', 'the masked field')
    .option('--top <n>', 'show so many tokens at most', aNumber, 10)
    .option('--json', 'print one JSON object')
    .action(async ({ field, top, json }: Flags) => {
      const pipeline = await readPipeline();
      const columns = await Promise.all(columnsOf(pipeline, field).map((column) => ofColumn(pipeline, column, top)));
      if (json) sayJson({ field, columns });
      else for (const column of columns) sayColumn(column);
    });
}

async function ofColumn(pipeline: Pipeline, column: string, top: number) {
  const options = { databaseUrl: readEnvironment(settings.postgres).DATABASE_URL, target: toTarget(pipeline) };
  const [inspector, rows] = [createInspector(options), openTokenRows(options)];
  try {
    const { values, distinct } = await inspector.distinct(column);
    return { column, values, distinct, repeating: values - distinct, top: await rows.repeated(column, top) };
  } finally {
    await Promise.all([inspector.close(), rows.close()]);
  }
}

function sayColumn({ column, values, distinct, repeating, top }: Awaited<ReturnType<typeof ofColumn>>): void {
  say(`${column}: ${count(values)} values, ${count(distinct)} different: ${count(repeating)} repeat an earlier one`);
  if (top.length > 0)
    say(table([['rows', 'token'], ...top.map((each) => [count(each.rows), shorten(each.token, 60)])]));
}

function aNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number from 1 to 99,999.');
}
