import { type FoundToken, openFinder, recordAudit } from '@masque/keyring';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { type Cell, openTokenRows, tokenRowsSql } from '@masque/postgres-sink';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { readValue, valueDescription } from '../input/value.ts';
import { plural, remark, say, sayJson, shorten, table } from '../output/terminal.ts';
import { columnsOf } from '../tokens/columns.ts';
import { custodianAccess } from '../keys/access.ts';

interface Flags {
  readonly field: string;
  readonly reason: string;
  readonly limit: number;
  readonly sql?: true;
  readonly json?: true;
}

export function lookupCommand(): Command {
  return new Command('lookup')
    .description('Show the rows of a value, by its tokens under every usable key. Every call is recorded.')
    .argument('<value>', valueDescription)
    .requiredOption('--field <name>', 'the field whose value it is')
    .option('--sql', 'print the query for the rows instead of asking it; needs no database')
    .option('--limit <rows>', 'show so many rows at most', aLimit, 20)
    .option('--reason <text>', 'why; recorded', '')
    .option('--json', 'print one JSON object')
    .action(async (given: string, flags: Flags) => {
      const pipeline = await readPipeline();
      const columns = columnsOf(pipeline, flags.field);
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const found = (await openFinder(dir, pipeline, custodianAccess())).find(flags.field, await readValue(given));
      const answer = await lookUp(pipeline, columns, found, flags);
      await recordAudit(dir, {
        verb: 'lookup',
        reason: flags.reason,
        count: answer.count ?? 0,
        fields: [flags.field],
        kids: found.flatMap(({ key }) => key?.kid ?? []),
      });
      const tokens = found.map(({ token, key }) => ({ token, ...key }));
      if (flags.json) sayJson({ field: flags.field, tokens, ...answer });
      else sayAnswer(found, answer);
    });
}

interface Answer {
  readonly sql?: string;
  readonly count?: number;
  readonly rows?: readonly Readonly<Record<string, Cell>>[];
}

async function lookUp(
  pipeline: Pipeline,
  columns: readonly string[],
  found: readonly FoundToken[],
  { sql, limit }: Flags,
): Promise<Answer> {
  const tokens = found.flatMap(({ token }) => token ?? []);
  const target = toTarget(pipeline);
  if (sql === true) return { sql: tokenRowsSql(target, columns, tokens) };
  const rows = openTokenRows({ databaseUrl: readEnvironment(settings.postgres).DATABASE_URL, target });
  try {
    return { count: await rows.count(columns, tokens), rows: await rows.find(columns, tokens, limit) };
  } finally {
    await rows.close();
  }
}

function sayAnswer(found: readonly FoundToken[], { sql, count, rows = [] }: Answer): void {
  if (sql !== undefined) {
    say(sql);
    return;
  }
  say(
    table(
      found.map(({ token, key }) => [shorten(token ?? 'NULL', 60), key?.kid ?? '', key?.status ?? '']),
      '',
    ),
  );
  say();
  say(plural(count ?? 0, 'row'));
  if (rows.length === 0) return;
  const names = Object.keys(rows[0] ?? {});
  say(table([names, ...rows.map((row) => names.map((name) => cell(row[name])))]));
  if (rows.length < (count ?? 0)) remark(`masque: ${rows.length} of them shown; --limit shows more`);
}

function cell(value: Cell | undefined): string {
  return shorten(value === null ? 'NULL' : String(value), 24);
}

function aLimit(text: string): number {
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It is no whole number up to 99,999.');
}
