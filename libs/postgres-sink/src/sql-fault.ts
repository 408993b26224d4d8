import { Fault, type FaultOptions } from '@masque/fault';
import { type ConnectionError, connectionFault } from './connection-fault.ts';

/**
 * What PostgreSQL's and pg's errors mean. Only SQLSTATE and names of tables, columns and constraints pass: `message`
 * and `detail` quote the values of the row that was refused.
 * SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function sqlFault(error: unknown, where: string): Fault {
  if (error instanceof Fault) return error;
  const { code = '', file = '', table, column, constraint, schema } = error as Partial<DatabaseError>;
  const setting = 'DATABASE_URL';
  const fault = (name: string, text: string, options: Omit<FaultOptions, 'setting'>): Fault =>
    new Fault(name, text, { setting, ...options });

  if (!isSqlState(code)) return connectionFault(error as Partial<ConnectionError>, where);
  const details = { sqlstate: code, ...namesIn(file, { schema, table, column, constraint }) };
  const busy = (): Fault => fault('postgres_busy', `PostgreSQL at ${where} cannot do it now`, { heals: true, details });
  if (/^2[23]/.test(code) || refusals.has(code))
    return fault('row_refused', 'PostgreSQL refused a row', { heals: false, details });

  switch (code.slice(0, 2)) {
    case '28':
      return fault('postgres_refused', `PostgreSQL at ${where} refused the user or password`, {
        heals: false,
        advice: 'Check the user and password in the URL, and pg_hba.conf.',
        details,
      });
    case '3D':
      return fault('database_missing', `PostgreSQL at ${where} does not have the database that the URL names`, {
        heals: false,
        advice: 'Create it, or correct the last part of the URL.',
        details,
      });
    case '08':
    case '40':
    case '53':
    case '55':
    case '57':
    case '58':
    case 'XX':
      return busy();
    case '25':
      // 25P03, 25P04: a time limit of the server's ended the transaction.
      if (code !== '25006') return busy();
      return fault('postgres_read_only', `PostgreSQL at ${where} takes no writes`, {
        heals: true,
        advice: 'It is a standby or set read-only; point the URL at the primary.',
        details,
      });
    default:
      if (code === '42501') {
        return fault('privilege_missing', `PostgreSQL at ${where} does not let this user do what it must`, {
          heals: false,
          advice: 'Grant it, or run `masque migrate` as the owner.',
          details,
        });
      }
      if (code === '42P01' || code === '3F000') {
        return fault('table_missing', `a table that Masque needs is not in the database at ${where}`, {
          heals: false,
          advice: 'Run `masque migrate`.',
          details,
        });
      }
      return fault('postgres_failed', `PostgreSQL at ${where} does not understand Masque`, {
        heals: false,
        advice: 'Does the table still fit the pipeline? Run `masque migrate`.',
        details,
      });
  }
}

/** Did PostgreSQL refuse what a row holds, so that the row is to be found and the rest loaded? */
export function isRowRefusal(fault: Fault): boolean {
  return fault.code === 'row_refused';
}

/** Is the connection gone, by the server's word (57P01 to 57P05, 08) or without one? */
export function isConnectionLoss({ code, details }: Fault): boolean {
  return code === 'postgres_unreachable' || /^(57P|08)/.test(String(details['sqlstate'] ?? ''));
}

/** Beyond classes 22 and 23: an index entry too large, an owner's trigger that raises, a view WITH CHECK OPTION. */
const refusals: ReadonlySet<string> = new Set(['54000', 'P0001', '44000']);

/** Node's codes of five letters, such as EPIPE, would pass for one. */
function isSqlState(code: string): boolean {
  return /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code);
}

/**
 * The names that PostgreSQL gives, if the code that checks constraints and picks partitions gave them. A trigger may
 * raise what it likes, with values for names and under any SQLSTATE; only the source file tells them apart.
 */
function namesIn(file: string, names: Readonly<Record<string, string | undefined>>): Record<string, string> {
  if (!constraintFiles.has(file)) return {};
  return Object.fromEntries(Object.entries(names).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

const constraintFiles: ReadonlySet<string> = new Set([
  'execMain.c',
  'execIndexing.c',
  'execPartition.c',
  'nbtinsert.c',
  'ri_triggers.c',
]);

interface DatabaseError {
  readonly code: string;
  /** Of PostgreSQL's sources. */
  readonly file: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly constraint: string;
}
