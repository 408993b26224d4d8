import type { IpcryptMask } from '@masque/pipeline';
import { refuse } from '@masque/pipeline';
import { isIP, isIPv4 } from 'node:net';
import { packAddresses, unpackAddresses } from './address-bytes.ts';
import { addressText } from './address.ts';
import { type AesIpcrypt, createIpcryptDet, createIpcryptPfx } from './aes-ipcrypt.ts';
import { deriveFieldKey } from './derivation.ts';
import { fingerprint } from './fingerprint.ts';
import type { SecretMaskKey } from './keys.ts';
import type { MaskingMethod, ShapedUnmasking } from './method.ts';

/**
 * The methods `ipcrypt-det` and `ipcrypt-pfx` (draft-denis-ipcrypt): a token is an IP address, in canonical text.
 *
 *     K     = HKDF-SHA256(secret, no salt, info lp("masque/ipcrypt-det/v1") || lp(field) || lp(kid), 16 bytes)
 *     token = ipcrypt-deterministic(K, address)          nothing shows but equality; IPv4 becomes IPv6
 *     K     = HKDF-SHA256(secret, no salt, info lp("masque/ipcrypt-pfx/v1") || lp(field) || lp(kid), 32 bytes)
 *     token = ipcrypt-pfx(K, address)                    subnets stay subnets, IPv4 stays IPv4
 *
 * As with `ff1`, a token names no key and proves nothing. With `pfx`, who knows one address knows the network of all
 * that share its prefix; one address in 2^32, on average, is mapped to itself and refused.
 */
export function createIpcryptMasking(field: string, { method }: IpcryptMask, key: SecretMaskKey): MaskingMethod {
  const { encrypt } = ipcryptOf(field, method, key);
  return {
    method,
    key: { kid: key.kid, fingerprint: fingerprint(key) },
    // 64 or 256 blocks an address are worth remembering, one is not.
    remember: method === 'ipcrypt-pfx',
    maskBatch(values) {
      const tokens = unpackAddresses(encrypt(packAddresses(values)));
      return tokens.map((token, index) => (token === values[index] ? refuse('masked_as_itself') : token));
    },
    isToken(result, value) {
      if (typeof result !== 'string' || result === value || isIP(result) === 0) return false;
      return method === 'ipcrypt-det' || isIPv4(result) === isIPv4(value);
    },
  };
}

export function createIpcryptUnmasking(field: string, { method }: IpcryptMask, key: SecretMaskKey): ShapedUnmasking {
  const { decrypt } = ipcryptOf(field, method, key);
  return (token) => (addressText(token) === token ? unpackAddresses(decrypt(packAddresses([token])))[0] : undefined);
}

function ipcryptOf(field: string, method: IpcryptMask['method'], key: SecretMaskKey): AesIpcrypt {
  const derive = (bytes: number): Buffer => deriveFieldKey(key.secret, `masque/${method}/v1`, field, key.kid, bytes);
  return method === 'ipcrypt-det' ? createIpcryptDet(derive(16)) : createIpcryptPfx(derive(32));
}
