import type { Fault } from '@masque/fault';
import { keyPaths } from '@masque/key-files';
import { readMaskFile, readUnmaskKeys } from '@masque/masking';
import { describe, expect, test } from 'vitest';
import { verifyAudit } from '../src/audit.ts';
import { isInterrupted } from '../src/change.ts';
import { openUnmasker, promoteKey, retireKey, rotateKey } from '../src/index.ts';
import { keysOf, kidOf, newKeys, pipeline, runKilled, statusesOf, tokenIn } from './three-keys.ts';

const reason = 'a test';
const rsaKind = { use: 'mask', method: 'rsa' } as const;

const files = ['custodian/mask', 'custodian/unmask', 'masker/mask'].map((file) => `write ${file}`);
const steps = ['record', 'decide', ...files, 'write keys', 'finish'];

describe.concurrent('killed before each step, a change', () => {
  const kills = [
    ...steps.map((step) => ['rotate', step] as const),
    ...['decide', 'write custodian/unmask', 'write masker/mask'].map((step) => ['promote', step] as const),
    ...['decide', 'write custodian/unmask', 'finish'].map((step) => ['destroy', step] as const),
  ];

  test.each(kills)('%s, %s: the files work, and the next change completes it', async (verb, step) => {
    const dir = await newKeys();
    const old = await kidOf(dir, 'rsa');
    const oldToken = await tokenIn(dir, 'ip', '198.51.100.7');
    let kid = '';
    if (verb !== 'rotate') kid = (await rotateKey({ dir, kind: rsaKind, reason })).kid;
    if (verb === 'destroy') {
      await promoteKey({ dir, kid, reason });
      await retireKey({ dir, kid: old, reason });
      kid = old;
    }
    const before = await keysOf(dir);
    expect(await runKilled([dir, verb, kid, step])).toBe('SIGKILL');

    // Whatever was written: the masker starts and the custodian opens what it makes.
    const decided = steps.indexOf(step) > steps.indexOf('decide');
    expect(await isInterrupted(dir)).toBe(decided);
    const unmasker = await openUnmasker(dir, pipeline);
    expect(await unmasker.unmask(await tokenIn(dir, 'ip', '10.0.0.1'))).toMatchObject({ value: '10.0.0.1' });
    const opened = await unmasker.unmask(oldToken).then(
      ({ kid }) => kid,
      ({ code }: Fault) => code,
    );
    expect([old, ...(verb === 'destroy' ? ['token_key_disabled', 'token_key_destroyed'] : [])]).toContain(opened);

    // Any next change, of other keys too.
    await rotateKey({ dir, kind: { use: 'seal' }, reason });
    expect(await isInterrupted(dir)).toBe(false);
    const after = (await keysOf(dir)).filter(({ use }) => use === 'mask');
    const expected = { rotate: 'PENDING', promote: 'PRIMARY', destroy: 'DESTROYED' }[verb];
    const moved =
      verb === 'rotate'
        ? after.find((key) => before.every((each) => each.kid !== key.kid))
        : after.find((key) => key.kid === kid);
    const unmoved = { rotate: undefined, promote: 'PENDING', destroy: 'DISABLED' }[verb];
    expect(moved?.status).toBe(decided ? expected : unmoved);
    await expectAgreement(dir);
    expect((await verifyAudit(dir)).entries).toBeGreaterThan(0);
  });
});

test('the private half of a key is not lost with the process that made it', async () => {
  const dir = await newKeys();
  await runKilled([dir, 'rotate', '', 'write custodian/unmask']);
  await rotateKey({ dir, kind: { use: 'seal' }, reason });
  const kid = (await keysOf(dir)).find((key) => key.use === 'mask' && key.status === 'PENDING')?.kid ?? '';
  await promoteKey({ dir, kid, reason });
  const token = await tokenIn(dir, 'ip', '10.0.0.2');
  expect(await (await openUnmasker(dir, pipeline)).unmask(token)).toMatchObject({ kid, value: '10.0.0.2' });
});

/** Every file says the same of every key. */
async function expectAgreement(dir: string): Promise<void> {
  const { custodian, masker } = keyPaths(dir);
  const described = new Map(await statusesOf(dir));
  for (const file of [custodian.mask, masker.mask]) {
    const { keys, refused } = await readMaskFile(file);
    expect(new Map([...keys, ...refused].map(({ kid, status }) => [kid, status]))).toEqual(described);
  }
  const usable = (await keysOf(dir)).filter(({ method, status }) => method === 'rsa' && !status.startsWith('D'));
  expect((await readUnmaskKeys(custodian.unmask)).map(({ kid }) => kid)).toEqual(usable.map(({ kid }) => kid));
}
