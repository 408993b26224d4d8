import { Fault } from '@masque/fault';

/**
 * What Redis's and ioredis's errors mean. Their texts are not passed on: a reply error can repeat the command's
 * arguments, and a connection error the URL with its password.
 */
export function redisFault(error: unknown, url: string): Fault {
  if (error instanceof Fault) return error;
  const where = addressOf(url);
  const { code = '', message = '', previousErrors } = (error ?? {}) as VendorError;
  // A transaction that was given up says only that; the reason is what was said of one of its commands.
  if (previousErrors?.[0] !== undefined) return redisFault(previousErrors[0], url);
  const reply = replyOf(message);
  const setting = 'REDIS_URL';

  if (['WRONGPASS', 'NOAUTH', 'NOPERM'].includes(reply) || refusals.some((words) => message.includes(words))) {
    return new Fault('redis_refused', `Redis at ${where} refused the user or password`, {
      heals: false,
      setting,
      advice:
        'Check the user and password in the URL, and the rights of that user; `masque redis-acl` prints what each needs.',
      details: { reply },
    });
  }
  if (/CERT|SIGNED|LEAF_SIGNATURE|^ERR_(TLS|SSL)|^EPROTO$/.test(code)) {
    return new Fault('redis_tls', `no trusted TLS connection to Redis at ${where}`, {
      heals: false,
      setting,
      advice: 'Check redis:// against rediss://, and name a private authority in NODE_EXTRA_CA_CERTS.',
      details: { cause: causeOf(code, message) },
    });
  }
  if (reply === 'OOM') {
    return new Fault('redis_full', `Redis at ${where} is full`, {
      heals: true,
      setting,
      advice: 'Raise its maxmemory, or lower BACKLOG_MAX; work goes on by itself once there is room.',
    });
  }
  if (reply === 'LOADING' || reply === 'MASTERDOWN' || reply === 'READONLY' || reply === 'CLUSTERDOWN') {
    return new Fault('redis_loading', `Redis at ${where} is not ready to take writes`, {
      heals: true,
      setting,
      details: { reply },
    });
  }
  if (reply === 'ERR' && message.includes('DB index')) {
    return new Fault('redis_refused', `Redis at ${where} does not have the database that the URL names`, {
      heals: false,
      setting,
      advice: 'Check the number after the last slash of the URL.',
    });
  }
  if (/^(Missing (key|lock)|Lock mismatch) for job /.test(message)) {
    return new Fault('job_lost', `a job was no longer this worker's when it came to an end`, {
      heals: true,
      advice:
        'Redis was flushed, or the lock ran out; whoever has it now does it again, or SQS shows its messages again.',
      details: { why: message.startsWith('Missing key') ? 'gone' : 'taken' },
    });
  }
  if (reply !== '') {
    return new Fault('redis_failed', `Redis at ${where} answered with an error`, {
      heals: true,
      setting,
      details: { reply },
    });
  }
  return new Fault('redis_unreachable', `Redis at ${where} cannot be reached`, {
    heals: true,
    setting,
    advice: 'Check host and port, and that Redis is running.',
    details: { cause: causeOf(code, message) },
  });
}

/** A password where Redis has none; and a script that met what its user may not, which Redis 7 tells as a plain ERR. */
const refusals = ['without any password configured', 'The user executing the script can'];

interface VendorError {
  readonly code?: string;
  readonly message?: string;
  readonly previousErrors?: readonly unknown[];
}

/** The code that begins a reply error. Redis 6 wraps what a script met: `ERR Error running script … -OOM command …`. */
function replyOf(message: string): string {
  const wrapped = /^ERR Error running script .* -([A-Z]{2,}) /.exec(message)?.[1];
  return wrapped ?? /^([A-Z]{2,}) /.exec(message)?.[1] ?? '';
}

/** `host:port` of a URL, without its credentials. */
function addressOf(url: string): string {
  try {
    const { hostname, port } = new URL(url);
    return `${hostname}:${port === '' ? '6379' : port}`;
  } catch {
    return 'an unreadable URL';
  }
}

/** A system error code, or one of ioredis's own few causes. */
function causeOf(code: string, message: string): string {
  if (/^[A-Z_]{3,40}$/.test(code)) return code;
  if (message === 'Command timed out') return 'command_timeout';
  if (message.startsWith('Stream isn')) return 'offline';
  return 'connection_closed';
}
