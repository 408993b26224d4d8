import { isUtf8 } from 'node:buffer';
import type { ReasonCode } from '@masque/pipeline';
import { parseExactly } from './exact-json.ts';
import { countKeys, measure, repeatedTopKeys } from './structure.ts';

/** Why a message is put aside. `fields` are names of the pipeline's record, never names found in the message. */
export interface Reject {
  readonly reason: ReasonCode;
  readonly fields: readonly string[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

const maxDepth = 32;

/**
 * A body as a JSON object that means the same to every parser, or why it is none. V8's own errors quote the text, so
 * nothing of them is kept.
 */
export function parseBody(
  body: Buffer,
  limits: { readonly maxBytes: number; readonly knownFields: ReadonlySet<string> },
): JsonObject | Reject {
  if (body.length > limits.maxBytes) return reject('body_too_large');
  if (!isUtf8(body)) return reject('not_utf8');
  const text = body.toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return reject('not_json');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return reject('not_an_object');
  const { depth, members, hasEscapedKey } = measure(text);
  if (depth > maxDepth) return reject('nesting_too_deep');
  const value = hasEscapedKey ? parseExactly(text) : parsed;
  const keys = countKeys(value);
  if (keys.hasProto) return reject('proto_key');
  if (keys.count !== members) {
    return reject(
      'duplicate_key',
      repeatedTopKeys(text).filter((key) => limits.knownFields.has(key)),
    );
  }
  return value as JsonObject;
}

export function isReject(value: JsonObject | Reject): value is Reject {
  return rejects.has(value as Reject);
}

/** A record may itself have fields named `reason` and `fields`, so rejects are known by identity, not by shape. */
const rejects = new WeakSet<Reject>();

export function reject(reason: ReasonCode, fields: readonly string[] = []): Reject {
  const made = { reason, fields };
  rejects.add(made);
  return made;
}
