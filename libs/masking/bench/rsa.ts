/* oxlint-disable no-console -- a bench prints */
/**
 * What masking costs on one core: `npx node libs/masking/bench/rsa.ts [values]`.
 *
 * `unique`: no value comes twice, the worst there is. `95 % repeats`: one value in twenty is new, as in logins.
 * `RSA step` is OpenSSL alone: the floor, which no code of ours can go below.
 */
import { constants, createSecretKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import { rsa } from '@masque/pipeline';
import { createMasker } from '../src/index.ts';

const count = Number(process.argv[2] ?? 10_000);
const batchSize = 200;

for (const bits of [2048, 3072, 4096] as const) {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
  const prfSecret = createSecretKey(randomBytes(32));
  const keys = [{ kid: 'abcdef', method: 'rsa', status: 'PRIMARY', publicKey, prfSecret }] as const;
  const mask = { ip: rsa('address', { bits }) };
  const block = Buffer.alloc(bits / 8, 1);

  const floor = microseconds(count, () => {
    for (let at = 0; at < count; at += 1) publicEncrypt({ key: publicKey, padding: constants.RSA_NO_PADDING }, block);
  });
  const unique = createMasker({ mask, keys });
  const uniqueCost = microseconds(count, () => maskAll(unique, count, address));
  const repeating = createMasker({ mask, keys });
  const repeats = count * 5;
  const repeatCost = microseconds(repeats, () => {
    // Any value seen so far is as likely to come again; the multiplier (Knuth's) scatters.
    maskAll(repeating, repeats, (at) => address(at % 20 === 0 ? at / 20 : (at * 2_654_435_761) % Math.ceil(at / 20)));
  });
  const { hits, misses } = repeating.stats();
  const share = ((100 * hits) / (hits + misses)).toFixed(0);
  console.log(
    `RSA-${bits}: RSA step ${floor} µs, unique ${uniqueCost} µs, ${share} % repeats ${repeatCost} µs a value`,
  );
}

function maskAll(masker: ReturnType<typeof createMasker>, total: number, valueAt: (at: number) => string): void {
  for (let at = 0; at < total; at += batchSize) {
    const size = Math.min(batchSize, total - at);
    masker.mask(
      'ip',
      Array.from({ length: size }, (_, index) => valueAt(at + index)),
    );
  }
}

function address(at: number): string {
  return `${10 + ((at >> 24) & 63)}.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
}

function microseconds(operations: number, action: () => void): string {
  const start = performance.now();
  action();
  return (((performance.now() - start) * 1_000) / operations).toFixed(2);
}
