import { createHmac, hash } from 'node:crypto';

/** AWS credentials as the SDK's providers give them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

/** A POST whose body is all there is to it: no query, and a path that no two rules would write differently. */
export interface Unsigned {
  readonly path: string;
  /** Names in lower case; all of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Signer {
  /** The headers, those that the signature adds included. @param now epoch milliseconds, by the clock of the far end */
  sign(request: Unsigned, credentials: Credentials, now: number): Record<string, string>;
}

/**
 * AWS Signature Version 4 over the headers given (IAM User Guide, "Create a signed AWS API request"). The key that is
 * derived of secret, day, region and service is kept for the day: of the five HMACs of a signature, one is left.
 */
export function createSigner({ region, service }: SigningScope): Signer {
  let derived: { readonly secret: string; readonly day: string; readonly key: Buffer } | undefined;

  function keyOf(secret: string, day: string): Buffer {
    if (derived?.secret !== secret || derived.day !== day) {
      const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(
        (signed, part) => createHmac('sha256', signed).update(part).digest(),
        `AWS4${secret}`,
      );
      derived = { secret, day, key: key as Buffer };
    }
    return derived.key;
  }

  return {
    sign({ path, headers, body }, { accessKeyId, secretAccessKey, sessionToken }, now) {
      const time = basicTime(now);
      const day = time.slice(0, 8);
      const bodyHash = hash('sha256', body, 'hex');
      const signed: Record<string, string> = { ...headers, 'x-amz-date': time, 'x-amz-content-sha256': bodyHash };
      if (sessionToken !== undefined) signed['x-amz-security-token'] = sessionToken;
      const names = Object.keys(signed).sort();
      const lines = names.map((name) => `${name}:${(signed[name] ?? '').trim().replace(/\s+/g, ' ')}\n`).join('');
      const request = `POST\n${path}\n\n${lines}\n${names.join(';')}\n${bodyHash}`;
      const scope = `${day}/${region}/${service}/aws4_request`;
      const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', request, 'hex')}`;
      const signature = createHmac('sha256', keyOf(secretAccessKey, day)).update(text).digest('hex');
      signed['authorization'] =
        `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
      return signed;
    },
  };
}

/** ISO 8601's basic form, to the second: `20261124T222940Z`. */
function basicTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
