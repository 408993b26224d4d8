/* oxlint-disable no-console -- a bench prints */
/**
 * What masking costs on one core: `npx node libs/masking/bench/methods.ts [values] [method]`.
 *
 * The whole way of a value: canonical form, look-up, method, check of the result; batches of 200. `unique`: no value
 * comes twice, the worst there is. `95 % repeats`: one value in twenty is new, as in logins. Each is the best of five
 * runs after a warm-up, in CPU time of this process: the machine is shared, and what others do is not ours to measure.
 */
import { constants, createSecretKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto';
import {
  ff1,
  hmac,
  ipcryptDet,
  ipcryptPfx,
  type MaskSpec,
  redact,
  rsa,
  type RsaBits,
  siv,
  truncate,
  vault,
} from '@masque/pipeline';
import { createMasker, type MaskKey, type Masker, type VaultEntries } from '../src/index.ts';

const wanted = Number(process.argv[2] ?? 20_000);
const only = process.argv[3] ?? '';
const batchSize = 200;

type Values = (at: number) => string;

const address: Values = (at) => `${10 + ((at >> 24) & 63)}.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`;
const ipv6: Values = (at) => `2001:db8:${(at >> 16).toString(16)}:${(at & 0xffff).toString(16)}::${(at % 9) + 1}`;
const device: Values = (at) => {
  const digits = String(900_000_000 + at);
  return `${digits.slice(0, 3)}-${digits.slice(3, 5)}-${digits.slice(5)}`;
};

const cases: readonly (readonly [string, MaskSpec, Values])[] = [
  ['rsa-2048, device', rsa('text', { bits: 2048 }), device],
  ['rsa-3072, IPv4', rsa('address'), address],
  ['rsa-3072, device', rsa('text'), device],
  ['vault-3072, device', vault('text'), device],
  ['siv, IPv4', siv('address'), address],
  ['siv, IPv6', siv('address'), ipv6],
  ['siv, device', siv('text'), device],
  ['hmac, IPv4', hmac('address'), address],
  ['hmac, device', hmac('text'), device],
  ['ff1, device', ff1({ alphabet: '0123456789', keep: '-' }), device],
  ['ipcrypt-det, IPv4', ipcryptDet(), address],
  ['ipcrypt-pfx, IPv4', ipcryptPfx(), address],
  ['ipcrypt-pfx, IPv6', ipcryptPfx(), ipv6],
  ['truncate, IPv4', truncate(), address],
  ['redact, device', redact(), device],
];

for (const [name, spec, values] of cases.filter(([name]) => name.includes(only))) {
  const keys = keysFor(spec);
  const count = 'bits' in spec ? Math.ceil(wanted / 4) : wanted * 5;
  const unique = best(count, () => {
    const masker = createMasker({ mask: { field: spec }, keys });
    const batches = batchesOf(count, values);
    return () => maskAll(masker, batches);
  });
  const repeats = best(wanted * 5, () => {
    const masker = createMasker({ mask: { field: spec }, keys });
    // Any value seen so far is as likely to come again; the multiplier (Knuth's) scatters.
    const batches = batchesOf(wanted * 5, (at) =>
      values(at % 20 === 0 ? at / 20 : (at * 2_654_435_761) % Math.max(1, Math.ceil(at / 20))),
    );
    return () => maskAll(masker, batches);
  });
  console.log(`${name.padEnd(20)} unique ${unique} µs   95 % repeats ${repeats} µs a value`);
}

if ('RSA step'.includes(only)) {
  for (const bits of [2048, 3072, 4096]) {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits });
    // As `createOaepEncryption` does it.
    const key = Object.assign(publicKey, { padding: constants.RSA_NO_PADDING });
    const block = Buffer.alloc(bits / 8, 1);
    const floor = best(1_000, () => () => {
      for (let at = 0; at < 1_000; at += 1) publicEncrypt(key, block);
    });
    console.log(`RSA step alone, ${bits} bits: ${floor} µs; no code of ours can go below`);
  }
}

function keysFor(spec: MaskSpec): MaskKey[] {
  const key = { kid: 'abcdef', status: 'PRIMARY' } as const;
  const secret = createSecretKey(randomBytes(32));
  switch (spec.method) {
    case 'truncate':
    case 'redact':
      return [];
    case 'rsa':
    case 'vault':
      return [{ ...key, method: spec.method, publicKey: publicKeyOf(spec.bits), prfSecret: secret }];
    default:
      return [{ ...key, method: spec.method, secret }];
  }
}

function publicKeyOf(bits: RsaBits) {
  return generateKeyPairSync('rsa', { modulusLength: bits }).publicKey;
}

/** Made beforehand: what values cost to make is not the masker's. */
function batchesOf(total: number, values: Values): string[][] {
  return Array.from({ length: Math.ceil(total / batchSize) }, (_, batch) =>
    Array.from({ length: batchSize }, (_, index) => values(batch * batchSize + index)),
  );
}

function maskAll(masker: Masker, batches: readonly string[][]): void {
  for (const batch of batches) {
    const entries: VaultEntries = new Map();
    masker.mask('field', batch, entries);
  }
}

/** Microseconds of CPU an operation. `prepare` gives each run its own fresh masker. */
function best(operations: number, prepare: () => () => void): string {
  prepare()();
  const times = [1, 2, 3, 4, 5].map(() => {
    const action = prepare();
    const start = process.cpuUsage();
    action();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / operations;
  });
  return Math.min(...times)
    .toFixed(2)
    .padStart(6);
}
