import { escapeIdentifier } from 'pg';

/** `table` or `schema.table`, quoted: a definition's names are data, whatever characters they hold. */
export function quoteTable(table: string): string {
  return table.split('.').map(quote).join('.');
}

export function quote(identifier: string): string {
  return escapeIdentifier(identifier);
}
