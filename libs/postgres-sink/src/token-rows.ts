import { quote, quoteTable } from './identifier.ts';
import { createPool } from './pool.ts';
import type { Cell, Target } from './target.ts';

/** Rows by the tokens they hold: for the custodian, never for a stage. */
export interface TokenRows {
  /** How many rows hold one of these tokens in one of these columns. */
  count(columns: readonly string[], tokens: readonly string[]): Promise<number>;
  find(columns: readonly string[], tokens: readonly string[], limit: number): Promise<Readonly<Record<string, Cell>>[]>;
  /** Tokens that more than one row has, the most frequent first. */
  repeated(column: string, limit: number): Promise<{ readonly token: string; readonly rows: number }[]>;
  /** Deletes the rows, and what `masque.aliases` says of their tokens. @returns how many rows */
  delete(columns: readonly string[], tokens: readonly string[]): Promise<number>;
  /** Ids of rows that PostgreSQL refused, held masked in quarantine with one of these tokens. */
  refused(columns: readonly string[], tokens: readonly string[]): Promise<string[]>;
  close(): Promise<void>;
}

export function openTokenRows(options: { readonly databaseUrl: string; readonly target: Target }): TokenRows {
  const { target } = options;
  const pool = createPool({ databaseUrl: options.databaseUrl, name: 'masque-tokens', connections: 1 });
  const table = quoteTable(target.table);
  const holding = (columns: readonly string[]): string =>
    columns.map((column) => `${quote(column)} = any ($1::${bareType(target, column)}[])`).join(' or ') || 'false';

  return {
    async count(columns, tokens) {
      const [row] = await pool.query<{ readonly rows: number }>({
        text: `select count(*)::float8 as rows from ${table} where ${holding(columns)}`,
        values: [tokens],
      });
      return row?.rows ?? 0;
    },
    find: (columns, tokens, limit) =>
      pool.query({ text: `select * from ${table} where ${holding(columns)} limit $2`, values: [tokens, limit] }),
    repeated: (column, limit) =>
      pool.query({
        text: `select ${quote(column)}::text as token, count(*)::float8 as rows from ${table}
               where ${quote(column)} is not null
               group by 1 having count(*) > 1 order by 2 desc, 1 limit $1`,
        values: [limit],
      }),
    async delete(columns, tokens) {
      const [row] = await pool.query<{ readonly rows: number }>({
        text: `with gone as (delete from ${table} where ${holding(columns)} returning 1),
               forgotten as (
                 delete from masque.aliases where old_token = any ($1::text[]) or new_token = any ($1::text[])
               )
               select (select count(*) from gone)::float8 as rows, set_config('synchronous_commit', 'on', true) as committing`,
        values: [tokens],
      });
      return row?.rows ?? 0;
    },
    async refused(columns, tokens) {
      const found = await pool.query<{ readonly id: string }>({
        text: `select id::text from masque.quarantine
               where pipeline = $1 and masked_row is not null
                 and exists (select from unnest($2::text[]) as c (name) where masked_row ->> name = any ($3::text[]))
               order by id`,
        values: [target.name, columns, tokens],
      });
      return found.map(({ id }) => id);
    },
    close: () => pool.close(),
  };
}

/** The query for the rows that hold one of these tokens, to be run elsewhere. */
export function tokenRowsSql({ table }: Target, columns: readonly string[], tokens: readonly string[]): string {
  const list = tokens.map((token) => `'${token.replaceAll("'", "''")}'`).join(', ') || 'null';
  return `select * from ${quoteTable(table)} where ${columns.map((column) => `${quote(column)} in (${list})`).join(' or ')};`;
}

/** `varchar(32)[]` would cut what it is given; see load-batch.ts. */
function bareType({ columns }: Target, name: string): string {
  const type = columns.find((column) => column.name === name)?.type ?? 'text';
  return type.startsWith('varchar(') ? 'text' : type;
}
