import { createCipheriv, createPrivateKey, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * A private key as encrypted PKCS#8, which `openssl pkcs8` reads: PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC
 * (RFC 8018). node:crypto writes the same, but always with 2,048 iterations, a three-hundredth of what is due today, so
 * these few lines of DER are ours.
 */
const iterations = 600_000;

const marker = '-----BEGIN ENCRYPTED PRIVATE KEY-----';

export function isEncryptedPem(text: string): boolean {
  return text.startsWith(marker);
}

/** @param pem PKCS#8, unencrypted */
export async function encryptPem(pem: string, passphrase: string): Promise<string> {
  const plain = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  const [salt, iv] = [randomBytes(16), randomBytes(16)];
  const key = await promisify(pbkdf2)(passphrase.normalize('NFC'), salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = Buffer.concat([cipher.update(plain), cipher.final()]);
  const der = sequence(
    sequence(
      oid.pbes2,
      sequence(
        sequence(oid.pbkdf2, sequence(octets(salt), integer(iterations), sequence(oid.hmacWithSha256, nil))),
        sequence(oid.aes256Cbc, octets(iv)),
      ),
    ),
    octets(encrypted),
  );
  const lines = der.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `${marker}\n${lines}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
}

/** Unencrypted PKCS#8 again; undefined when the passphrase is another one, or the text was altered. */
export function decryptPem(pem: string, passphrase: string): string | undefined {
  try {
    const key = createPrivateKey({ key: pem, passphrase: passphrase.normalize('NFC') });
    return key.export({ format: 'pem', type: 'pkcs8' }).toString();
  } catch {
    return undefined;
  }
}

/** Whole, tag and length included. */
const oid = {
  pbes2: Buffer.from('06092a864886f70d01050d', 'hex'),
  pbkdf2: Buffer.from('06092a864886f70d01050c', 'hex'),
  hmacWithSha256: Buffer.from('06082a864886f70d0209', 'hex'),
  aes256Cbc: Buffer.from('060960864801650304012a', 'hex'),
} as const;
const nil = Buffer.from('0500', 'hex');

function element(tag: number, content: Buffer): Buffer {
  const length = content.length;
  const bytes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...bytes]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function octets(bytes: Buffer): Buffer {
  return element(0x04, bytes);
}

/** Of three bytes whose first bit is not set: 600,000 is one. */
function integer(value: number): Buffer {
  return element(0x02, Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]));
}
