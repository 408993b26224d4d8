import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

/** AWS credentials as the SDK's providers give them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** A POST without a query, and with a path that no two rules would write differently. */
export interface Repeated {
  readonly path: string;
  /** The same in every request: names in lower case. All of them are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly region: string;
  readonly service: string;
}

export interface Signer {
  /**
   * The request's signed headers and its signature: names and values in turn.
   * @param now epoch milliseconds, by the clock of the far end
   */
  sign(body: string, credentials: Credentials, now: number): string[];
}

/**
 * AWS Signature Version 4 (IAM User Guide, "Create a signed AWS API request") for requests that differ by body, time and
 * session alone. The key that is derived of secret, day, region and service is kept for the day, so that one HMAC of
 * five is left; it is kept as a KeyObject, since Node finds out by an exception that a Buffer is none, which cost more
 * than the HMAC.
 */
export function createSigner({ path, headers, region, service }: Repeated): Signer {
  const constant = Object.entries(headers).flat();
  const lines = new Map(Object.entries(headers).map(([name, value]) => [name, lineOf(name, value)]));
  const [plain, withToken] = [[], ['x-amz-security-token']].map((more) => {
    const names = [...lines.keys(), 'content-length', 'x-amz-content-sha256', 'x-amz-date', ...more].toSorted();
    return { names, joined: names.join(';') };
  });
  let derived: { readonly secret: string; readonly day: string; readonly key: KeyObject } | undefined;
  let clock = { second: 0, time: '' };

  function keyOf(secret: string, day: string): KeyObject {
    if (derived?.secret !== secret || derived.day !== day) {
      const key = [day, region, service, 'aws4_request'].reduce<Buffer>(
        (signed, part) => createHmac('sha256', signed).update(part).digest(),
        Buffer.from(`AWS4${secret}`),
      );
      derived = { secret, day, key: createSecretKey(key) };
    }
    return derived.key;
  }

  function timeAt(now: number): string {
    const second = Math.floor(now / 1_000);
    if (second !== clock.second) clock = { second, time: basicTime(now) };
    return clock.time;
  }

  return {
    sign(body, { accessKeyId, secretAccessKey, sessionToken }, now) {
      const time = timeAt(now);
      const day = time.slice(0, 8);
      const bodyHash = hash('sha256', body, 'hex');
      const own = [
        'content-length',
        String(Buffer.byteLength(body)),
        'x-amz-content-sha256',
        bodyHash,
        'x-amz-date',
        time,
      ];
      if (sessionToken !== undefined) own.push('x-amz-security-token', sessionToken);
      for (let at = 0; at < own.length; at += 2) lines.set(own[at]!, lineOf(own[at]!, own[at + 1]!));
      const { names, joined } = (sessionToken === undefined ? plain : withToken)!;
      let canonical = `POST\n${path}\n\n`;
      for (const name of names) canonical += lines.get(name);
      canonical += `\n${joined}\n${bodyHash}`;
      const scope = `${day}/${region}/${service}/aws4_request`;
      const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
      const signature = createHmac('sha256', keyOf(secretAccessKey, day)).update(text).digest('hex');
      const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${joined}, Signature=${signature}`;
      return [...constant, ...own, 'authorization', authorization];
    },
  };
}

function lineOf(name: string, value: string): string {
  return `${name}:${value.trim().replace(/\s+/g, ' ')}\n`;
}

/** ISO 8601's basic form, to the second: `20261124T222940Z`. */
function basicTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
}
