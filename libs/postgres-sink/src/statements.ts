import { loadBatchSql } from './sql/load-batch.ts';
import { quarantineRowSql } from './sql/quarantine-row.ts';
import type { Target } from './target.ts';

/** A statement that is prepared once a connection; its text has some kilobytes and is made once. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/** The loader's statements for a target. Without rejects or without entries they are shorter, and most batches are. */
export function createStatements(target: Target): {
  load(withRejects: boolean, withEntries: boolean): Prepared;
  quarantineRow(withEntries: boolean): Prepared;
} {
  const made = new Map<string, Prepared>();
  const prepared = (name: string, text: () => string): Prepared => {
    const statement = made.get(name) ?? { name, text: text() };
    made.set(name, statement);
    return statement;
  };

  return {
    load: (withRejects, withEntries) =>
      prepared(`masque_load_${withRejects ? 'all' : 'rows'}${withEntries ? '_vault' : ''}`, () =>
        loadBatchSql(target, withRejects, withEntries),
      ),
    quarantineRow: (withEntries) =>
      prepared(`masque_quarantine_row${withEntries ? '_vault' : ''}`, () => quarantineRowSql(withEntries)),
  };
}
