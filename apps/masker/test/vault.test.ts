import { definePipeline, type Pipeline, rsa, vault } from '@masque/pipeline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { aMasker, maskBodies } from './login.ts';

const pipeline: Pipeline = definePipeline({
  name: 'visits',
  source: { queue: 'visits' },
  record: z.object({ ip: z.string().nullable(), device: z.string().nullable(), note: z.string(), count: z.number() }),
  mask: { ip: vault('address'), device: vault('text'), note: rsa('text') },
  target: {
    table: 'visits',
    columns: {
      ip: { type: 'varchar(256)', token: 'ip' },
      device: { type: 'varchar(256)', token: 'device' },
      again: { type: 'text', token: 'device' },
      note: { type: 'text', token: 'note' },
      // Comes after the masks, and refuses what an integer cannot hold.
      count: { type: 'integer', from: 'count', as: { name: 'whole', convert: (count: number) => count } },
    },
  },
});
const mask = maskBodies(pipeline, await aMasker(pipeline.mask));
const visit = (changes: object): object => ({ ip: '10.0.0.1', device: 'a', note: 'n', count: 1, ...changes });

test('each distinct token of the vault in a row has one entry; tokens of other methods have none', () => {
  const { columns, entries, rows } = mask(
    visit({}),
    visit({ ip: '::ffff:10.0.0.1', device: ' a ' }),
    visit({ ip: '10.0.0.2', device: null }),
  );
  expect(rows).toEqual([0, 1, 2]);
  const used = new Set([...(columns['ip'] ?? []), ...(columns['device'] ?? [])].filter((token) => token !== null));
  expect(used.size).toBe(3);
  expect(entries.map(({ token }) => token).toSorted()).toEqual([...used].map(String).toSorted());
  expect(new Set(entries.map(({ ciphertext }) => ciphertext)).size).toBe(3);
});

test('a message that is rejected after one of its fields was masked leaves no entry, unless another needs it', () => {
  const { rows, rejects, columns, entries } = mask(
    visit({ ip: '10.0.0.3', note: '' }),
    visit({ ip: '10.0.0.4', device: 'b', count: 2 ** 40 }),
    visit({ ip: '10.0.0.4', device: 'c' }),
  );
  expect(rows).toEqual([2]);
  expect(rejects.map(({ reason }) => reason)).toEqual(['empty_value', 'out_of_range']);
  expect(entries.map(({ token }) => token)).toEqual([columns['ip']?.[0], columns['device']?.[0]]);
});

test('a batch without a row, or whose fields are all null, has no entries', () => {
  expect(mask('not json', visit({ note: '' })).entries).toEqual([]);
  expect(mask(visit({ ip: null, device: null }))).toMatchObject({ rows: [0], entries: [] });
});
