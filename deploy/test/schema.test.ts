import { expect, it } from 'vitest';
import type { Manifest } from '../src/manifest.ts';
import { overlays } from './overlay.ts';
import { faultsOf } from './schema.ts';

const deployment = overlays
  .find(({ folder }) => folder === 'base')
  ?.manifests.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'loader');

it('finds nothing against what is right', () => {
  expect(faultsOf(changed(() => {}))).toEqual([]);
});

it('finds a field that no schema has, however deep', () => {
  expect(faultsOf(changed((spec) => (spec['minReadySecond'] = 30)))).toEqual(['/spec/minReadySecond is in no schema']);
  const misspelt = changed(({ template }) => Object.assign(template?.spec.containers[0] ?? {}, { readinesProbe: {} }));
  expect(faultsOf(misspelt)).toEqual(['/spec/template/spec/containers/0/readinesProbe is in no schema']);
});

it('finds a wrong type, and what is missing', () => {
  expect(faultsOf(changed((spec) => (spec['revisionHistoryLimit'] = '3'))).join()).toContain('must be integer');
  expect(faultsOf(changed((spec) => delete spec['selector'])).join()).toContain('selector');
});

it('knows no kind that it has no schema of', () => {
  expect(faultsOf({ apiVersion: 'apps/v2', kind: 'Deployment', metadata: {} })).toEqual([
    'no schema of apps/v2 Deployment',
  ]);
});

function changed(change: (spec: NonNullable<Manifest['spec']>) => void): Manifest {
  const copy = structuredClone(deployment);
  if (copy?.spec === undefined) throw new Error('the base has no loader');
  change(copy.spec);
  return copy;
}
