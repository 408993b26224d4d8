import { z } from 'zod';

/** RFC 6902, the three operations that the overlays use; a pointer is RFC 6901's. */
export const operationsSchema = z.array(
  z.discriminatedUnion('op', [
    z.strictObject({ op: z.literal('add'), path: z.string(), value: z.unknown() }),
    z.strictObject({ op: z.literal('replace'), path: z.string(), value: z.unknown() }),
    z.strictObject({ op: z.literal('remove'), path: z.string() }),
  ]),
);

export type Operations = z.output<typeof operationsSchema>;

/** @throws where a path leads nowhere: a patch that no longer fits what it patches is no patch. */
export function applyPatch<T extends object>(document: T, operations: Operations): T {
  const copy = structuredClone(document);
  for (const operation of operations) {
    const { parent, key } = find(copy, operation.path);
    if (operation.op !== 'add' && !(key in parent)) throw new Error(`${operation.path} is not there`);
    if (Array.isArray(parent)) {
      const at = key === '-' ? parent.length : Number(key);
      if (operation.op === 'remove') parent.splice(at, 1);
      else parent.splice(at, operation.op === 'add' ? 0 : 1, operation.value);
    } else if (operation.op === 'remove') delete parent[key];
    else parent[key] = operation.value;
  }
  return copy;
}

function find(document: object, path: string): { readonly parent: Record<string, unknown>; readonly key: string } {
  const keys = path.split('/').slice(1);
  const last = keys.pop();
  let parent = document as Record<string, unknown>;
  for (const key of keys) {
    const next = parent[unescape(key)];
    if (typeof next !== 'object' || next === null) throw new Error(`${path} leads nowhere`);
    parent = next as Record<string, unknown>;
  }
  if (last === undefined) throw new Error(`${path} is no pointer to a member`);
  return { parent, key: unescape(last) };
}

function unescape(key: string): string {
  return key.replaceAll('~1', '/').replaceAll('~0', '~');
}
