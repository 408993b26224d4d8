import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExactly } from '../src/exact-json.ts';
import { countKeys, measure, repeatedTopKeys } from '../src/structure.ts';

/** JSON as a tree of which the text, the depth and the members are known without reading the text. */
interface Written {
  readonly text: string;
  readonly value: unknown;
  readonly escaped: boolean;
  readonly depth: number;
  readonly members: number;
  readonly repeats: boolean;
  /** Keys of this object itself, when it is one. */
  readonly keys: readonly string[];
}

/** Keys from a few letters, so that they repeat, with whatever else a text may hold between quotes. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', '', '"', '\\', '\\"', ':', '{'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const space = fc.constantFrom('', ' ', '\n\t', ' '.repeat(100));

/** The same text, spelled as JSON allows: some characters by their code. */
function spell(text: string, escaped: boolean): string {
  if (!escaped) return JSON.stringify(text);
  return `"${Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;
}

function leaf(text: string): Written {
  return { text, value: JSON.parse(text), escaped: false, depth: 0, members: 0, repeats: false, keys: [] };
}

const { tree } = fc.letrec<{ tree: Written; list: Written; object: Written }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      key.map((text) => leaf(JSON.stringify(text))),
      fc.constantFrom('1e999', '-0', 'null', 'true').map(leaf),
    ),
    tie('list'),
    tie('object'),
  ),
  list: fc.tuple(fc.array(tie('tree'), { maxLength: 4 }), space).map(([items, gap]) => ({
    text: `[${items.map(({ text }) => text).join(`,${gap}`)}${gap}]`,
    value: items.map(({ value }) => value),
    escaped: items.some(({ escaped }) => escaped),
    depth: 1 + Math.max(0, ...items.map(({ depth }) => depth)),
    members: items.reduce((sum, { members }) => sum + members, 0),
    repeats: items.some(({ repeats }) => repeats),
    keys: [],
  })),
  object: fc.array(fc.tuple(key, fc.boolean(), tie('tree'), space), { maxLength: 5 }).map((members) => {
    const values = members.map(([, , value]) => value);
    const keys = members.map(([name]) => name);
    return {
      text: `{${members.map(([name, escaped, { text }, gap]) => `${gap}${spell(name, escaped)}${gap}:${gap}${text}`).join(',')}}`,
      value: Object.fromEntries(members.map(([name, , { value }]) => [name, value])),
      escaped: members.some(([name, escaped, { escaped: inner }]) => inner || spell(name, escaped).includes('\\')),
      depth: 1 + Math.max(0, ...values.map(({ depth }) => depth)),
      members: members.length + values.reduce((sum, { members: inner }) => sum + inner, 0),
      repeats: new Set(keys).size < keys.length || values.some(({ repeats }) => repeats),
      keys,
    };
  }),
}));

test('depth and members are those of the text that was written', () => {
  fc.assert(
    fc.property(tree, ({ text, depth, members, escaped }) => {
      expect(measure(text)).toEqual({ depth, members, hasEscapedKey: escaped });
    }),
    { numRuns: 500 },
  );
});

test('there are fewer keys than members exactly when an object names one twice', () => {
  fc.assert(
    fc.property(tree, ({ text, repeats }) => {
      expect(countKeys(parseExactly(text)).count < measure(text).members).toBe(repeats);
    }),
    { numRuns: 500 },
  );
});

test('of the outermost object, the repeated keys are named, each once', () => {
  fc.assert(
    fc.property(tree, ({ text, keys }) => {
      const repeated = new Set(keys.filter((name, at) => keys.indexOf(name) !== at));
      expect(repeatedTopKeys(text).sort()).toEqual([...repeated].sort());
    }),
    { numRuns: 500 },
  );
});

test('any JSON that JSON.stringify writes has as many members as keys', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6, stringUnit: 'binary' }), (text) => {
      expect(countKeys(parseExactly(text)).count).toBe(measure(text).members);
    }),
    { numRuns: 300 },
  );
});

test('read exactly, a text gives what was written, whatever was read before', () => {
  fc.assert(
    fc.property(tree, ({ text, value }) => {
      // Not for its result: V8 remembers the keys.
      JSON.parse(text);
      expect(parseExactly(text)).toStrictEqual(value);
    }),
    { numRuns: 500 },
  );
});

test('__proto__ is found as a key, and only as a key', () => {
  const [some, none] = ['[{"a":[{"__proto__":1}]}]', '{"a":"__proto__","b":["__proto__"],"proto":1}'];
  expect([some, none].map((text) => countKeys(JSON.parse(text)).hasProto)).toEqual([true, false]);
  expect([some, none].map((text) => countKeys(parseExactly(text)).hasProto)).toEqual([true, false]);
});
