import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { readWorkspace } from '../src/architecture/workspace.ts';

const root = resolve(import.meta.dirname, '../../..');
const workflows = globSync('.github/workflows/*.yml', { cwd: root }).map((file) => ({
  file,
  text: readFileSync(join(root, file), 'utf8'),
}));
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));

it.each(workflows)('$file pins every action to a commit, and says which version that is', ({ text }) => {
  const uses = text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line));
  expect(uses.length).toBeGreaterThan(0);
  for (const line of uses) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

it.each(workflows)('$file runs scripts that are there', ({ text }) => {
  const { scripts } = read('package.json') as { readonly scripts: object };
  const called = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name);
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(called));
});

it('has each package in at most one group of renovate.json, and no group of none', () => {
  const { packageRules } = read('renovate.json') as {
    readonly packageRules: readonly { readonly groupName: string; readonly matchPackageNames?: readonly string[] }[];
  };
  const { packages, rootDevDependencies } = readWorkspace(root);
  const declared = packages.flatMap(({ dependencies, devDependencies }) => dependencies.concat(devDependencies));
  const all = new Set(declared.concat(rootDevDependencies));
  const groups = packageRules.flatMap(({ matchPackageNames }) =>
    matchPackageNames === undefined ? [] : [matchPackageNames],
  );
  const matched = groups.map((patterns) => [...all].filter((name) => patterns.some((each) => matchesGlob(name, each))));
  expect(matched.filter((names) => names.length === 0)).toEqual([]);
  expect(matched.flat().length).toBe(new Set(matched.flat()).size);
});
