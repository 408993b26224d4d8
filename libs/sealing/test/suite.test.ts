import { readFileSync } from 'node:fs';
import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from 'hpke';
import { describe, expect, test } from 'vitest';
import { beginSession, joinSession, suite } from '../src/suite.ts';
import { recipient } from './recipient.ts';

type Hex<Keys extends string> = Record<Keys, string>;
type Vector = Hex<'info' | 'skRm' | 'pkRm' | 'enc' | 'shared_secret'> & {
  aead_id: 1 | 2;
  encryptions: Hex<'aad' | 'ct' | 'nonce' | 'pt'>[];
  exports: (Hex<'exporter_context' | 'exported_value'> & { L: number })[];
};

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const vectors = JSON.parse(
  readFileSync(new URL('vectors/rfc9180-x25519-sha256-base.json', import.meta.url), 'utf8'),
) as Vector[];

test('the suite is the one the format names', () => {
  expect([suite.KEM.id, suite.KDF.id, suite.AEAD.id]).toEqual([0x0020, 0x0001, 0x0002]);
  expect(vectors.map((vector) => vector.aead_id)).toEqual([1, 2]);
});

describe.each(vectors)('RFC 9180, AEAD $aead_id', (vector) => {
  const ofRfc = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);
  const ours = vector.aead_id === 2 ? suite : ofRfc;
  const pair = async () => ({
    privateKey: await ours.DeserializePrivateKey(hex(vector.skRm)),
    publicKey: await ours.DeserializePublicKey(hex(vector.pkRm)),
  });

  test('exported secrets', async () => {
    for (const { exporter_context, L, exported_value } of vector.exports) {
      const info = hex(vector.info);
      const exported = await ours.ReceiveExport(await pair(), hex(vector.enc), hex(exporter_context), L, { info });
      expect(Buffer.from(exported).toString('hex')).toBe(exported_value);
    }
  });

  test('ciphertexts', async () => {
    const context = await ours.SetupRecipient(await pair(), hex(vector.enc), { info: hex(vector.info) });
    for (const { ct, aad, pt } of vector.encryptions) {
      expect(Buffer.from(await context.Open(hex(ct), hex(aad))).toString('hex')).toBe(pt);
    }
  });

  test('and by the recipient that the other tests measure us by', () => {
    const [privateKey, publicKey, enc, info] = [hex(vector.skRm), hex(vector.pkRm), hex(vector.enc), hex(vector.info)];
    const independent = recipient({ privateKey, publicKey, enc, info, aeadId: vector.aead_id });
    expect(independent.shared.toString('hex')).toBe(vector.shared_secret);
    expect(vector.exports.map((one) => independent.export(hex(one.exporter_context), one.L).toString('hex'))).toEqual(
      vector.exports.map((one) => one.exported_value),
    );
  });
});

test('both sides of a session have the same key, and no other session has it', async () => {
  const keys = await suite.GenerateKeyPair();
  const [one, other] = [await beginSession(keys.publicKey), await beginSession(keys.publicKey)];
  expect((await joinSession(keys, one.encapsulated)).equals(one.key)).toBe(true);
  expect(one.key.equals(other.key)).toBe(false);
  expect(one.encapsulated).toHaveLength(32);
});
