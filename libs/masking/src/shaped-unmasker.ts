import type { Ff1Mask, IpcryptMask, MaskSpec } from '@masque/pipeline';
import { createFf1Unmasking } from './ff1.ts';
import { createIpcryptUnmasking } from './ipcrypt.ts';
import type { MaskKeys, SecretMaskKey } from './keys.ts';
import { malformedToken } from './token.ts';
import type { Unmasked } from './unmasker.ts';
import { ambiguousKey, unknownKey } from './unmasking-faults.ts';

type ShapedSpec = Ff1Mask | IpcryptMask;

/** Unmasks tokens that are shaped like values. They name no key: with several of the method, one must be told. */
export function createShapedUnmasker(options: {
  readonly mask: Readonly<Record<string, MaskSpec>>;
  readonly maskKeys: MaskKeys;
}): (token: string, field: string, spec: ShapedSpec, kid?: string) => Unmasked {
  return (token, field, spec, kid) => {
    const key = choose(options.maskKeys, spec, kid);
    const unmask =
      spec.method === 'ff1' ? createFf1Unmasking(field, spec, key) : createIpcryptUnmasking(field, spec, key);
    const value = unmask(token);
    if (value === undefined) throw malformedToken();
    return { field, kid: key.kid, value };
  };
}

function choose(keys: MaskKeys, { method }: ShapedSpec, kid: string | undefined): SecretMaskKey {
  // A PENDING key has made no token yet, so it is no candidate unless it is named.
  const held = keys.filter(
    (key): key is SecretMaskKey => key.method === method && (kid !== undefined || key.status !== 'PENDING'),
  );
  const kids = held.map((key) => key.kid);
  const [key, second] = kid === undefined ? held : held.filter((one) => one.kid === kid);
  if (key === undefined) throw unknownKey(kid ?? method, kids);
  if (second !== undefined) throw ambiguousKey(method, kids);
  return key;
}
