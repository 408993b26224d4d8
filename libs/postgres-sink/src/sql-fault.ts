import { Fault, type FaultOptions } from '@masque/fault';

/**
 * What PostgreSQL's and pg's errors mean. Only SQLSTATE and names of tables and columns pass: `message` and `detail`
 * quote the values of the row that was refused.
 * SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function sqlFault(error: unknown, where: string): Fault {
  if (error instanceof Fault) return error;
  const { code = '', message = '', table, column, constraint, schema } = error as Partial<DatabaseError>;
  const setting = 'DATABASE_URL';
  const fault = (name: string, text: string, options: Omit<FaultOptions, 'setting'>): Fault =>
    new Fault(name, text, { setting, ...options });

  if (!/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]{4}$/.test(code)) return connectionFault(code, message, where);
  const names = Object.entries({ schema, table, column, constraint }).filter(([, name]) => name !== undefined);
  const details = { sqlstate: code, ...(Object.fromEntries(names) as Record<string, string>) };

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
    case '22':
    case '23':
      return fault('row_refused', 'PostgreSQL refused a row', { heals: false, details });
    case '08':
    case '40':
    case '53':
    case '55':
    case '57':
    case '58':
    case 'XX':
      return fault('postgres_busy', `PostgreSQL at ${where} cannot do it now`, { heals: true, details });
    case '25':
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

function connectionFault(code: string, message: string, where: string): Fault {
  const cause = /^[A-Z_]{4,50}$/.test(code) ? code : phrase(message);
  if (/CERT|SELF_SIGNED|TLS|SSL/.test(cause) || message.includes('does not support SSL')) {
    return new Fault('postgres_tls', `no trusted TLS connection to PostgreSQL at ${where}`, {
      heals: false,
      setting: 'DATABASE_URL',
      advice: 'Check sslmode and sslrootcert in the URL.',
      details: { cause },
    });
  }
  return new Fault('postgres_unreachable', `PostgreSQL at ${where} cannot be reached`, {
    heals: true,
    setting: 'DATABASE_URL',
    advice: 'Check host and port, and that PostgreSQL is running.',
    details: { cause },
  });
}

/** pg's own few connection errors have no code; their words are constants. */
function phrase(message: string): string {
  if (message.includes('timeout')) return 'timeout';
  return message.includes('SASL') || message.includes('password') ? 'password_exchange' : 'connection_closed';
}

interface DatabaseError {
  readonly code: string;
  readonly message: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly constraint: string;
}
