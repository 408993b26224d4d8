import { sivBytes, type SivMask, refuse } from '@masque/pipeline';
import { packAddresses, readAddress, addressBytes } from './address-bytes.ts';
import { type AesSiv, createAesSiv } from './aes-siv.ts';
import { deriveKey } from './derivation.ts';
import { fingerprint } from './fingerprint.ts';
import type { SecretMaskKey } from './keys.ts';
import type { MaskingMethod, Opened, UnmaskingMethod } from './method.ts';
import { prefixedTokenCheck } from './prefixed-token.ts';
import { tokenStart } from './token.ts';

/**
 * The method `siv`: deterministic authenticated encryption; the masker's own key brings a value back.
 *
 *     K     = HKDF-SHA256(secret, no salt, info "masque/siv/v1", 64 bytes)
 *     token = "siv1." kid "." base64url(AES-256-SIV(K; associated data: field, kid; plaintext))
 *
 * The plaintext is an address's sixteen bytes, or a text in UTF-8, 0x80, and zeros up to a whole block (ISO/IEC 7816-4):
 * so all addresses, and all texts of up to fifteen bytes, have tokens of one length, and a longer text's tells its
 * length to within sixteen bytes.
 */
export function createSivMasking(field: string, spec: SivMask, key: SecretMaskKey): MaskingMethod {
  const siv = sivOf(field, key);
  const prefix = tokenStart('siv', key.kid);
  const token = (sealed: Buffer): string => prefix + sealed.toString('base64url');

  return {
    method: 'siv',
    key: { kid: key.kid, fingerprint: fingerprint(key) },
    remember: false,
    maskBatch(values) {
      if (spec.form === 'address') return siv.seal(addressBlocks(values)).map(token);
      const texts = values.map(textBlocks);
      const fitting = texts.filter(({ bytes }) => bytes <= spec.maxBytes);
      const sealed = siv.seal(fitting.map(({ blocks }) => blocks)).values();
      return texts.map(({ bytes }) => (bytes <= spec.maxBytes ? token(sealed.next().value!) : refuse('too_long')));
    },
    isToken: prefixedTokenCheck(
      'siv',
      key.kid,
      (bytes) => bytes % 16 === 0 && bytes >= 32 && bytes <= 16 + sivBytes(spec.form, spec.maxBytes),
    ),
  };
}

export function createSivUnmasking(
  key: SecretMaskKey,
  specs: ReadonlyMap<string, Pick<SivMask, 'form'>>,
): UnmaskingMethod {
  const fields = new Map([...specs].map(([field, { form }]) => [field, { form, siv: sivOf(field, key) }]));

  function openIn(field: string, body: Buffer): Opened[] {
    const { form, siv } = fields.get(field) ?? {};
    const plaintext = siv?.open(body);
    if (plaintext === undefined) return [];
    const value = form === 'address' ? addressOf(plaintext) : textOf(plaintext);
    return value === undefined ? [] : [{ field, value }];
  }

  return {
    fits: (bytes) => bytes >= 32 && bytes % 16 === 0,
    open: (body, names) => names.flatMap((field) => openIn(field, body)),
  };
}

function sivOf(field: string, key: SecretMaskKey): AesSiv {
  return createAesSiv(deriveKey(key.secret, 'masque/siv/v1', 64), [Buffer.from(field), Buffer.from(key.kid)]);
}

function addressBlocks(addresses: readonly string[]): Buffer[] {
  const packed = packAddresses(addresses);
  return addresses.map((_, index) => packed.subarray(index * addressBytes, (index + 1) * addressBytes));
}

function textBlocks(text: string): { bytes: number; blocks: Buffer } {
  const bytes = Buffer.byteLength(text);
  const blocks = Buffer.alloc(sivBytes('text', bytes));
  blocks.write(text);
  blocks[bytes] = 0x80;
  return { bytes, blocks };
}

function addressOf(plaintext: Buffer): string | undefined {
  return plaintext.length === addressBytes ? readAddress(plaintext, 0) : undefined;
}

/** Whether these are the bytes that the text has is not asked: the caller masks it again and compares. */
function textOf(plaintext: Buffer): string | undefined {
  const mark = plaintext.lastIndexOf(0x80);
  return mark === -1 ? undefined : plaintext.toString('utf8', 0, mark);
}
