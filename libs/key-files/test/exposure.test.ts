import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { exposure } from '../src/exposure.ts';

const self = { uid: 1000 };

test('a Kubernetes Secret, root’s and readable by our group, is taken when we are not root', () => {
  expect(exposure({ mode: 0o100440, uid: 0 }, true, self)).toBeUndefined();
  expect(exposure({ mode: 0o100440, uid: 0 }, true, { uid: 0 })).toMatchObject({ mode: '600' });
  expect(exposure({ mode: 0o100440, uid: 1000 }, true, self)).toMatchObject({ mode: '600' });
  expect(exposure({ mode: 0o100440, uid: 1001 }, true, self)).toMatchObject({ mode: '600' });
});

test('whoever owns it: no secret is open to others or writable by a group', () => {
  fc.assert(
    fc.property(fc.nat(0o777), fc.constantFrom(0, 1000, 1001), fc.constantFrom(0, 1000), (mode, uid, me) => {
      const taken = exposure({ mode, uid }, true, { uid: me }) === undefined;
      const grants = mode & 0o077;
      expect(taken ? grants & 0o037 : 0).toBe(0);
      expect(grants === 0 ? taken : true).toBe(true);
    }),
  );
});
