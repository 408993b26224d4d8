import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/**
 * A password as it may stand in a setting: `scrypt-16-8-2.<salt>.<hash>`, the numbers being log2 N, r and p. No `$`, as
 * in the usual form: Compose and shells would take it for a variable.
 *
 * The cost is one of those that OWASP's Password Storage Cheat Sheet names as equal: 64 MiB and about 0.2 s a try.
 */
const cost = { logN: 16, r: 8, p: 2 } as const;
const saltBytes = 16;
const hashBytes = 32;

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);

const pattern = /^scrypt-(\d{1,2})-(\d{1,2})-(\d{1,2})\.([\w-]{22})\.([\w-]{43})$/;

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(password.normalize('NFC'), salt, hashBytes, optionsOf(cost));
  return `scrypt-${cost.logN}-${cost.r}-${cost.p}.${salt.toString('base64url')}.${hash.toString('base64url')}`;
}

/** A hash that is not one of ours matches nothing. */
export async function matchesPassword(password: string, hashed: string): Promise<boolean> {
  const [, logN, r, p, salt = '', hash = ''] = pattern.exec(hashed) ?? [];
  if (!isPasswordHash(hashed)) return false;
  const options = optionsOf({ logN: Number(logN), r: Number(r), p: Number(p) });
  const found = await derive(password.normalize('NFC'), Buffer.from(salt, 'base64url'), hashBytes, options);
  return timingSafeEqual(found, Buffer.from(hash, 'base64url'));
}

/** Also bounds what one try may cost: a setting must not be able to take a machine's memory. */
export function isPasswordHash(text: string): boolean {
  const [, logN = '', r, p] = pattern.exec(text) ?? [];
  return Number(logN) >= 14 && Number(logN) <= 18 && Number(r) === 8 && Number(p) >= 1 && Number(p) <= 16;
}

function optionsOf({ logN, r, p }: { readonly logN: number; readonly r: number; readonly p: number }): ScryptOptions {
  const N = 2 ** logN;
  return { N, r, p, maxmem: 128 * N * r * 2 };
}
