import { InvalidArgumentError } from 'commander';

/** What names of roles and users begin with, in PostgreSQL and in Redis. */
export function rolePrefix(text: string): string {
  if (/^[a-z_][a-z0-9_]{0,39}$/.test(text) && !text.startsWith('pg_')) return text;
  throw new InvalidArgumentError('Names begin with up to 40 small letters, digits and underscores.');
}
