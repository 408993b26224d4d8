import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMetrics } from '../src/exposition.ts';

test('sums over labels, and leaves out what is no sample', () => {
  const text = [
    '# HELP masque_loader_loaded_rows_total Rows. {not="a sample"} 5',
    '# TYPE masque_loader_loaded_rows_total counter',
    'masque_loader_loaded_rows_total{stage="loader",pipeline="user-logins"} 40',
    'masque_loader_loaded_rows_total{stage="loader",pipeline="other } 7"} 2',
    'process_cpu_seconds_total 1.25',
    'process_resident_memory_bytes 1.048576e+08',
    'masque:recorded 3',
    '',
  ].join('\n');
  expect(parseMetrics(text)).toEqual({
    masque_loader_loaded_rows_total: 42,
    process_cpu_seconds_total: 1.25,
    process_resident_memory_bytes: 104_857_600,
    'masque:recorded': 3,
  });
});

test('an empty text has no samples', () => {
  expect(parseMetrics('')).toEqual({});
});

test('whatever labels and counts there are, the sum is theirs', () => {
  // As the format escapes them: no line feed, no bare quote.
  const label = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text).replaceAll(/[\u2028\u2029]/g, ''));
  const sample = fc.record({ name: fc.constantFrom('a_total', 'b_total'), label, value: fc.nat() });
  fc.assert(
    fc.property(fc.array(sample), (samples) => {
      const text = samples.map((each) => `${each.name}{of=${each.label}} ${each.value}\n`).join('');
      for (const name of ['a_total', 'b_total']) {
        const values = samples.filter((each) => each.name === name).map(({ value }) => value);
        expect(parseMetrics(text)[name] ?? 0).toBe(values.reduce((sum, value) => sum + value, 0));
      }
    }),
  );
});
