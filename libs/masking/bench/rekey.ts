/* oxlint-disable no-console -- a bench prints */
/**
 * What taking a token over to another key costs: `npx node libs/masking/bench/rekey.ts [tokens]`.
 *
 * CPU time of all threads of this process, and so per core; the best of three. RSA's private half is worked with on
 * libuv's threads, so on two cores the time by the clock is half of it, if nobody else wants them.
 */
import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { rsa, siv } from '@masque/pipeline';
import { createMasker, createTranslator, type MaskKey, type UnmaskKey } from '../src/index.ts';

const count = Number(process.argv[2] ?? 3_000);
const atOnce = 1_000;
const mask = { ip: rsa('address'), host: siv('address') };

function rsaPair(kid: string, status: 'PRIMARY' | 'ENABLED'): readonly [MaskKey, UnmaskKey] {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const prfSecret = createSecretKey(randomBytes(32));
  return [
    { kid, status, method: 'rsa', publicKey, prfSecret },
    { kid, status, method: 'rsa', privateKey },
  ];
}

function sivKey(kid: string, status: 'PRIMARY' | 'ENABLED'): MaskKey {
  return { kid, status, method: 'siv', secret: createSecretKey(randomBytes(32)) };
}

const [[oldRsa, oldPrivate], [newRsa, newPrivate]] = [rsaPair('oldrsa', 'ENABLED'), rsaPair('newrsa', 'PRIMARY')];
const [oldSiv, newSiv] = [sivKey('oldsiv', 'ENABLED'), sivKey('newsiv', 'PRIMARY')];
const maskKeys = [oldRsa, newRsa, oldSiv, newSiv];
const before = createMasker({
  mask,
  keys: [
    { ...oldRsa, status: 'PRIMARY' },
    { ...oldSiv, status: 'PRIMARY' },
  ],
});

for (const [name, field, from, to] of [
  ['rsa-3072', 'ip', 'oldrsa', 'newrsa'],
  ['siv', 'host', 'oldsiv', 'newsiv'],
] as const) {
  const values = Array.from({ length: count }, (_, at) => `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`);
  const tokens = before.mask(field, values).filter((token) => typeof token === 'string');
  const { translate } = createTranslator({ mask, maskKeys, unmaskKeys: [oldPrivate, newPrivate], from, to });
  const costs: number[] = [];
  for (let run = 0; run < 4; run += 1) {
    const start = process.cpuUsage();
    for (let at = 0; at < tokens.length; at += atOnce) await translate(tokens.slice(at, at + atOnce));
    const { user, system } = process.cpuUsage(start);
    costs.push((user + system) / tokens.length);
  }
  const best = Math.min(...costs);
  console.log(
    `${name}: ${best.toFixed(1)} µs a token, ${Math.round(1_000_000 / best).toLocaleString('en')} a second and core`,
  );
}
