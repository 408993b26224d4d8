import { expect, test } from 'vitest';
import { generateSealKeys } from '../src/keys.ts';
import { createOpener } from '../src/opener.ts';
import { createSealer } from '../src/sealer.ts';

const keys = await generateSealKeys();
const part = [Buffer.from('body')];
const sessionOf = (sealed: Buffer): string => sealed.toString('hex', 7, 39);
const nonceOf = (sealed: Buffer): string => sealed.toString('hex', 39, 51);

test('a session ends after its seals, however many wait at once, and no nonce comes twice in it', async () => {
  const sealer = createSealer(keys, { sealsPerSession: 3 });
  const opener = createOpener([keys]);
  const sealed = await Promise.all(Array.from({ length: 10 }, (_, index) => sealer.seal(part, `b${index}`)));
  const perSession = Map.groupBy(sealed, sessionOf);
  expect([...perSession.values()].map((group) => group.length)).toEqual([3, 3, 3, 1]);
  for (const group of perSession.values()) expect(new Set(group.map(nonceOf)).size).toBe(group.length);
  const opened = await Promise.all(sealed.map((bytes, index) => opener.open(bytes, `b${index}`)));
  expect(opened).toEqual(sealed.map(() => part));
});

test('a session ends after its time', async () => {
  let now = 1_000;
  const sealer = createSealer(keys, { sessionMs: 500, now: () => now });
  const first = sessionOf(await sealer.seal(part, ''));
  now = 1_499;
  expect(sessionOf(await sealer.seal(part, ''))).toBe(first);
  now = 1_500;
  expect(sessionOf(await sealer.seal(part, ''))).not.toBe(first);
});

test('two sealers never share a session', async () => {
  const [one, other] = [createSealer(keys), createSealer(keys)];
  expect(sessionOf(await one.seal(part, ''))).not.toBe(sessionOf(await other.seal(part, '')));
});

test('an opener with room for fewer sessions than there are opens all the same', async () => {
  const opener = createOpener([keys], { sessions: 2 });
  const sealers = Array.from({ length: 4 }, () => createSealer(keys));
  for (let round = 0; round < 3; round += 1) {
    for (const sealer of sealers) expect(await opener.open(await sealer.seal(part, ''), '')).toEqual(part);
  }
});

test('a session that is known costs no key agreement', async () => {
  const [sealer, opener] = [createSealer(keys), createOpener([keys])];
  await opener.open(await sealer.seal(part, ''), '');
  // Opened without a turn of the event loop: WebCrypto, which the agreement needs, takes one.
  const order: string[] = [];
  const sealed = await sealer.seal(part, '');
  const turn = new Promise<void>((resolve) => setImmediate(resolve)).then(() => order.push('turn'));
  await Promise.all([opener.open(sealed, '').then(() => order.push('opened')), turn]);
  expect(order).toEqual(['opened', 'turn']);
});
