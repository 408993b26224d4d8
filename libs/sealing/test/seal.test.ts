import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { generateSealKeys } from '../src/keys.ts';
import { createOpener } from '../src/opener.ts';
import { joinParts, splitParts } from '../src/parts.ts';
import { createSealer } from '../src/sealer.ts';
import { openGcm, recipient } from './recipient.ts';

const keys = await generateSealKeys();
const sealer = createSealer(keys);
const opener = createOpener([keys]);
const headerBytes = 51;
const parts = [Buffer.from('{"ip":"199.172.111.135"}'), Buffer.alloc(0), Buffer.from([0, 255])];

test('what was sealed is opened, whatever the parts and the context', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 })), fc.string({ unit: 'binary' }), async (parts, aad) => {
      const sealed = await sealer.seal(parts, aad);
      expect(await opener.open(sealed, aad)).toEqual(parts.map((part) => Buffer.from(part)));
    }),
  );
});

test('a view into a larger buffer is opened', async () => {
  const sealed = await sealer.seal(parts, 'b1');
  const padded = Buffer.concat([Buffer.from('xx'), sealed, Buffer.from('yyy')]);
  expect(await opener.open(new Uint8Array(padded.buffer, padded.byteOffset + 2, sealed.length), 'b1')).toEqual(parts);
});

test('the format is what its comment says: opened by hand, by RFC 9180 and AES-256-GCM alone', async () => {
  const sealed = await createSealer(keys).seal(parts, 'user-logins b1');
  expect(sealed[0]).toBe(1);
  expect(sealed.toString('latin1', 1, 7)).toBe(keys.kid);
  const session = recipient({
    privateKey: Buffer.from(keys.privateKey, 'base64url'),
    publicKey: Buffer.from(keys.publicKey, 'base64url'),
    enc: sealed.subarray(7, 39),
    info: Buffer.from('masque/seal/v1'),
    aeadId: 2,
  });
  const key = session.export(Buffer.from('masque/seal/v1/aes-256-gcm'), 32);
  const aad = Buffer.concat([sealed.subarray(0, headerBytes), Buffer.from('user-logins b1')]);
  const plain = openGcm(key, sealed.subarray(39, headerBytes), sealed.subarray(headerBytes), aad);
  expect(plain).toEqual(joinParts(parts));
  expect(sealed.length).toBe(plain.length + 67);
});

test('a seal of version 1 stays readable', async () => {
  // Frozen: made once with this key. When this fails, batches under way at an upgrade would be lost.
  const frozen = {
    key: {
      kid: 'ibx4di',
      publicKey: 'a_BgP5-i2NOjbtVhdLShZ-3zYOA4qIvGZ_-rKSaCP3M',
      privateKey: 'GHxCIDljfdpDO_wvzOsG3jb7Q8jQUmccWRyeXq_OjWc',
    },
    sealed:
      'AWlieDRkaZVG_WKNYIN5RQ4fTWZX6dpYasncFKvWSriih45UwCxDAAAAAAAAAAAAAAAAbaFC7gSRBIsmTxa4xQUol1-apQsyyGrtiJs6tYkxxXmcsHnSZItdYb2m_wvuqRn8zWcwmuLJQAeEdQ',
  };
  expect(await createOpener([frozen.key]).open(Buffer.from(frozen.sealed, 'base64url'), 'user-logins b1')).toEqual(
    parts,
  );
});

test('every flipped bit is noticed', async () => {
  const sealed = await sealer.seal(parts, 'b1');
  for (let bit = 0; bit < sealed.length * 8; bit += 1) {
    const forged = Buffer.from(sealed);
    forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const inKid = bit >= 8 && bit < 56;
    // Another kid that is one: we do not have that key. The rest is broken.
    const code = inKid && /^[a-z2-7]{6}$/.test(forged.toString('latin1', 1, 7)) ? 'seal_key_unknown' : 'seal_broken';
    await expect(opener.open(forged, 'b1')).rejects.toMatchObject({ name: 'Fault', code });
  }
});

test('every truncation and every addition is noticed', async () => {
  const sealed = await sealer.seal(parts, 'b1');
  for (let length = 0; length < sealed.length; length += 1) {
    await expect(opener.open(sealed.subarray(0, length), 'b1')).rejects.toMatchObject({ code: 'seal_broken' });
  }
  const longer = Buffer.concat([sealed, Buffer.of(0)]);
  await expect(opener.open(longer, 'b1')).rejects.toMatchObject({ code: 'seal_broken' });
});

test('a batch is opened nowhere but where it was sealed for', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (aad, other) => {
      fc.pre(aad !== other);
      const sealed = await sealer.seal(parts, aad);
      await expect(opener.open(sealed, other)).rejects.toMatchObject({ code: 'seal_broken' });
    }),
  );
});

test('another key: the fault names both, and says where to look', async () => {
  const other = await generateSealKeys();
  const sealed = await sealer.seal(parts, 'b1');
  await expect(createOpener([other]).open(sealed, 'b1')).rejects.toMatchObject({
    code: 'seal_key_unknown',
    message: `a batch is sealed to the key ${keys.kid}, but the key here is ${other.kid}`,
    setting: 'MASQUE_KEYS_DIR',
    details: { kid: keys.kid, held: other.kid },
  });
  const sameName = createOpener([{ ...other, kid: keys.kid }]);
  await expect(sameName.open(sealed, 'b1')).rejects.toMatchObject({ code: 'seal_broken' });
  expect(await createOpener([other, keys]).open(sealed, 'b1')).toEqual(parts);
});

test('an encapsulated secret of low order is refused as broken', async () => {
  const sealed = await sealer.seal(parts, 'b1');
  sealed.fill(0, 7, 39);
  await expect(opener.open(sealed, 'b1')).rejects.toMatchObject({ code: 'seal_broken' });
});

test('no part survives in the sealed bytes', async () => {
  const sealed = await sealer.seal(parts, 'b1');
  expect(sealed.includes('199.172')).toBe(false);
  expect(sealed.includes('ip')).toBe(false);
});

test('parts: nothing but what joinParts makes is split', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const split = splitParts(Buffer.from(bytes));
      expect(split === undefined ? undefined : joinParts(split)).toEqual(split && Buffer.from(bytes));
    }),
    {
      numRuns: 2_000,
      examples: [
        [Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0)],
        [Uint8Array.of(255, 255, 255, 255)],
        [Uint8Array.of(0, 0, 0, 0, 9)],
      ],
    },
  );
});
