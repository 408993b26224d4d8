import { createPrivateKey, createPublicKey, createDecipheriv, createHmac, diffieHellman } from 'node:crypto';

/**
 * An HPKE recipient written from RFC 9180 alone (sections 4.1, 5.1 and 5.3), sharing no line with the `hpke` package:
 * base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256.
 */
export function recipient(options: {
  privateKey: Buffer;
  publicKey: Buffer;
  enc: Buffer;
  info: Buffer;
  aeadId: 1 | 2;
}) {
  const kemSuite = Buffer.concat([Buffer.from('KEM'), uint16(0x20)]);
  const suite = Buffer.concat([Buffer.from('HPKE'), uint16(0x20), uint16(1), uint16(options.aeadId)]);
  const dh = diffieHellman({
    privateKey: createPrivateKey({
      format: 'jwk',
      key: { ...jwk(options.publicKey), d: options.privateKey.toString('base64url') },
    }),
    publicKey: createPublicKey({ format: 'jwk', key: jwk(options.enc) }),
  });
  const eaePrk = extract(kemSuite, '', 'eae_prk', dh);
  const kemContext = Buffer.concat([options.enc, options.publicKey]);
  const shared = expand(kemSuite, eaePrk, 'shared_secret', kemContext, 32);
  const context = Buffer.concat([
    Buffer.of(0),
    extract(suite, '', 'psk_id_hash', Buffer.alloc(0)),
    extract(suite, '', 'info_hash', options.info),
  ]);
  const secret = extract(suite, shared, 'secret', Buffer.alloc(0));
  const exporterSecret = expand(suite, secret, 'exp', context, 32);
  return { shared, export: (of: Buffer, length: number) => expand(suite, exporterSecret, 'sec', of, length) };
}

export function openGcm(key: Buffer, nonce: Buffer, sealed: Buffer, aad: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(aad).setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
}

function extract(suite: Buffer, salt: string | Buffer, label: string, ikm: Buffer): Buffer {
  const labeled = Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label), ikm]);
  return createHmac('sha256', salt.length === 0 ? Buffer.alloc(32) : salt)
    .update(labeled)
    .digest();
}

function expand(suite: Buffer, prk: Buffer, label: string, info: Buffer, length: number): Buffer {
  const labeled = Buffer.concat([uint16(length), Buffer.from('HPKE-v1'), suite, Buffer.from(label), info]);
  // RFC 5869 expand; every length asked for here is at most one block.
  return createHmac('sha256', prk).update(labeled).update(Buffer.of(1)).digest().subarray(0, length);
}

function jwk(publicKey: Buffer) {
  return { kty: 'OKP', crv: 'X25519', x: publicKey.toString('base64url') };
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 255);
}
