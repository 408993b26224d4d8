import { createDatabase, dropDatabase, uniqueName } from '@masque/local-stack/testing';
import { expect, inject, test } from 'vitest';
import { fuzz } from '../src/fuzz.ts';

test('600 bodies that nobody would send end in exactly one place each', async () => {
  const { postgresUrl } = inject('stack');
  const name = uniqueName('fuzz');
  const databaseUrl = await createDatabase(postgresUrl, name);
  try {
    const report = await fuzz({ databaseUrl, bodies: 600, seed: '1' });
    expect(report.violations).toEqual([]);
    const quarantined = Object.values(report.quarantined).reduce((sum, count) => sum + count, 0);
    expect(report.rows + quarantined).toBe(600);
    // Bodies that all ended the same way would show little.
    expect(report.rows).toBeGreaterThan(100);
    expect(Object.keys(report.quarantined).length).toBeGreaterThan(10);
  } finally {
    await dropDatabase(postgresUrl, name);
  }
});
