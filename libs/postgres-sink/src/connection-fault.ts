import { Fault } from '@masque/fault';

/** What failed before PostgreSQL gave an answer: pg's own errors, and those of Node's sockets, TLS and files. */
export function connectionFault(error: Partial<ConnectionError>, where: string): Fault {
  const { code = '', message = '', syscall } = error;
  const cause = /^[A-Z_]{4,50}$/.test(code) ? code : phrase(message);
  const fault = (name: string, text: string, heals: boolean, advice: string): Fault =>
    new Fault(name, text, { heals, setting: 'DATABASE_URL', advice, details: { cause } });

  if (/CERT|SELF_SIGNED|SIGNATURE|HOSTNAME|TLS|SSL/.test(cause) || message.includes('does not support SSL')) {
    return fault(
      'postgres_tls',
      `no trusted TLS connection to PostgreSQL at ${where}`,
      false,
      'Check sslmode and sslrootcert in the URL.',
    );
  }
  if (cause === 'ERR_INVALID_URL' || (fileErrors.has(cause) && syscall !== 'connect')) {
    return fault(
      'database_url_invalid',
      'the URL of the database cannot be used',
      false,
      'It reads postgres://user:password@host:port/database; sslrootcert, sslcert and sslkey name files to be read.',
    );
  }
  if (cause === 'password_exchange') {
    return fault(
      'postgres_refused',
      `PostgreSQL at ${where} and this user could not agree on a password`,
      false,
      'Give the password in the URL.',
    );
  }
  return fault(
    'postgres_unreachable',
    `PostgreSQL at ${where} cannot be reached`,
    true,
    'Check host and port, and that PostgreSQL is running.',
  );
}

/** A connection to a socket's path may fail with the same codes as reading a file; that one heals. */
const fileErrors: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EISDIR', 'ENOTDIR']);

/** pg's own few connection errors have no code; their words are constants. */
function phrase(message: string): string {
  if (message.includes('timeout')) return 'timeout';
  if (message.includes('SSL')) return 'no_tls';
  return message.includes('SASL') || message.includes('password') ? 'password_exchange' : 'connection_closed';
}

export interface ConnectionError {
  readonly code: string;
  readonly message: string;
  /** Of Node's system errors: `connect` for a server, `open` for a file that the URL names. */
  readonly syscall: string;
}
