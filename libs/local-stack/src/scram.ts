import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** Answers PostgreSQL's authentication requests; undefined: nothing to send. */
export type ScramClient = (request: number, data: Buffer) => Buffer | undefined;

/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) as PostgreSQL frames it: requests 10, 11 and 12 are SASL, SASLContinue and
 * SASLFinal. The password is ours and plain ASCII, so no SASLprep; the server is our own child, so its signature is
 * not checked.
 */
export function scramClient(
  password: string,
  // PostgreSQL takes the user from the startup message and ignores this one; RFC 7677's example has both.
  { user = '', nonce = randomBytes(18).toString('base64') } = {},
): ScramClient {
  const first = `n=${user},r=${nonce}`;
  return (request, data) => {
    if (request === 10) {
      const initial = Buffer.from(`n,,${first}`);
      const length = Buffer.alloc(4);
      length.writeInt32BE(initial.length);
      return Buffer.concat([Buffer.from('SCRAM-SHA-256\0'), length, initial]);
    }
    if (request === 11) return Buffer.from(proof(password, first, data.toString('utf8')));
    return undefined;
  };
}

function proof(password: string, first: string, challenge: string): string {
  const fields = new Map(challenge.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
  const salt = Buffer.from(fields.get('s') ?? '', 'base64');
  const salted = pbkdf2Sync(password, salt, Number(fields.get('i')), 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const storedKey = createHash('sha256').update(clientKey).digest();
  const final = `c=biws,r=${fields.get('r') ?? ''}`;
  const signature = hmac(storedKey, `${first},${challenge},${final}`);
  const xored = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
  return `${final},p=${Buffer.from(xored).toString('base64')}`;
}

function hmac(key: Buffer, value: string): Buffer {
  return createHmac('sha256', key).update(value).digest();
}
