import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { applyPatch } from '../src/json-patch.ts';
import type { Manifest } from '../src/manifest.ts';
import { kubernetes, overlays } from './overlay.ts';

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;

describe('build', () => {
  it.skipIf(!hasKubectl)('gives what kubectl gives, for every overlay', async () => {
    const texts = await Promise.all(overlays.map(({ folder }) => kubectlKustomize(join(kubernetes, folder))));
    for (const [at, { folder, manifests }] of overlays.entries()) {
      // Hashes of generated ConfigMaps, which our build leaves out.
      const plain = texts[at]?.replaceAll(/\b(masque(-[a-z]+)?|sqs|postgres)-[a-z0-9]{10}$/gm, '$1') ?? '';
      const theirs = parseAllDocuments(plain).map((document) => document.toJS() as Manifest);
      expect({ folder, manifests: manifests.toSorted(byIdentity) }).toEqual({
        folder,
        manifests: theirs.toSorted(byIdentity),
      });
    }
  });
});

async function kubectlKustomize(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)('kubectl', ['kustomize', folder], { maxBuffer: 10_000_000 });
  return stdout;
}

function byIdentity(a: Manifest, b: Manifest): number {
  const [one = '', other] = [a, b].map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  return one.localeCompare(other ?? '');
}

describe('applyPatch', () => {
  const document = { list: ['a', 'b'], map: { 'a/b': 1, 'c~d': 2 } };

  it('adds, replaces and removes', () => {
    const patched = applyPatch(document, [
      { op: 'add', path: '/list/1', value: 'x' },
      { op: 'add', path: '/list/-', value: 'y' },
      { op: 'replace', path: '/map/a~1b', value: 3 },
      { op: 'remove', path: '/map/c~0d' },
      { op: 'remove', path: '/list/0' },
    ]);
    expect(patched).toEqual({ list: ['x', 'b', 'y'], map: { 'a/b': 3 } });
    expect(document.list).toEqual(['a', 'b']);
  });

  it('refuses what does not fit', () => {
    expect(() => applyPatch(document, [{ op: 'replace', path: '/map/nothing', value: 1 }])).toThrow(/is not there/);
    expect(() => applyPatch(document, [{ op: 'add', path: '/nothing/at', value: 1 }])).toThrow(/leads nowhere/);
  });
});
