import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Fault } from '@masque/fault';
import { decodeBase64url } from './base64url.ts';
import { keyFileFault } from './fault.ts';

/**
 * The custodian's signature under the files of the stages: Ed25519 (RFC 8032) over what the file holds.
 *
 *     signature = base64url(Ed25519("masque/key-file/v1" || 0 || JSON of the file without its signature, as it was parsed))
 *
 * What is checked is what is used: the text is parsed once, and the signature is over that. The role is part of it, so
 * no file passes in another's place. The public half is pinned where the stages are deployed (MASQUE_KEYS_SIGNER) and
 * not in their folder: who can write there can put other keys in, but cannot sign them.
 */
export interface Signer {
  /** 32 bytes in base64url: what MASQUE_KEYS_SIGNER is set to. */
  readonly publicKey: string;
  sign(this: void, content: object): string;
}

/** @param seed the private half: 32 bytes */
export function createSigner(seed: Uint8Array): Signer {
  // PKCS#8 of an Ed25519 key (RFC 8410 section 7): a fixed head, then the seed.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey: x,
    sign: (content) => sign(undefined, signedText(content), privateKey).toString('base64url'),
  };
}

/** @throws {Fault} `key_file_unsigned`, `key_file_forged`, `signer_malformed` */
export function checkSignature(path: string, content: object, signature: unknown, signer: string): void {
  const publicKey = importSigner(signer);
  if (typeof signature !== 'string') {
    throw unsound(
      'key_file_unsigned',
      path,
      'is not signed',
      'Sign it with `masque keys sign`, and bring it here anew.',
    );
  }
  const bytes = decodeBase64url(signature);
  if (bytes !== undefined && verify(undefined, signedText(content), publicKey, bytes)) return;
  throw unsound(
    'key_file_forged',
    path,
    'is not as the custodian has signed it',
    'Somebody has put other keys there, or the signer is another one. Compare it with the custodian’s before you use it.',
  );
}

function unsound(code: 'key_file_unsigned' | 'key_file_forged', path: string, what: string, advice: string): Fault {
  return keyFileFault(code, path, what, advice, {}, 'MASQUE_KEYS_SIGNER');
}

function signedText(content: object): Buffer {
  return Buffer.from(`masque/key-file/v1\0${JSON.stringify(content)}`);
}

function importSigner(signer: string): KeyObject {
  try {
    if (decodeBase64url(signer)?.length !== 32) throw new Error('not 32 bytes');
    return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: signer } });
  } catch {
    throw new Fault('signer_malformed', 'the signer of key files is no Ed25519 key', {
      heals: false,
      setting: 'MASQUE_KEYS_SIGNER',
      advice: 'Set it to what `masque keys list` shows: 43 characters.',
    });
  }
}
