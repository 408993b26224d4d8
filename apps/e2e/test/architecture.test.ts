import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { breaches, type Workspace } from '../src/architecture/rules.ts';
import { importsOf, type Package, readWorkspace } from '../src/architecture/workspace.ts';

const root = resolve(import.meta.dirname, '../../..');
const real = readWorkspace(root);

/** The real workspace with one package changed: what a careless commit would make of it. */
function withChanged(name: string, change: (from: Package) => Partial<Package>): Workspace {
  return {
    ...real,
    packages: real.packages.map((each) => (each.name === name ? { ...each, ...change(each) } : each)),
  };
}

function withImport(name: string, path: string, ...imports: string[]): Workspace {
  return withChanged(name, ({ files }) => ({ files: [...files, { path, lines: 1, imports }] }));
}

function withDependency(name: string, dependency: string): Workspace {
  return withChanged(name, ({ dependencies }) => ({ dependencies: [...dependencies, dependency] }));
}

describe('the workspace', () => {
  it('reads every package, each with a kind', () => {
    expect(real.packages.map(({ folder }) => folder)).toEqual(
      expect.arrayContaining(['apps/extractor', 'apps/masker', 'apps/loader', 'apps/cli', 'libs/masking', 'pipelines']),
    );
    expect(real.packages.filter(({ kind }) => kind === 'none')).toEqual([]);
    expect(real.packages.every(({ folder, files }) => files.length > 0 || folder === 'x')).toBe(true);
  });

  it('has no breach', () => {
    expect(breaches(real)).toEqual([]);
  });

  it('has stages whose folders list the same nouns', () => {
    for (const stage of ['extractor', 'masker', 'loader', 'dashboard']) {
      const paths = real.packages.find(({ folder }) => folder === `apps/${stage}`)?.files.map(({ path }) => path);
      expect(paths).toEqual(expect.arrayContaining(['src/main.ts', 'src/config.ts', `src/${stage}.ts`]));
    }
  });
});

describe('a breach', () => {
  const cases: readonly [string, Workspace, RegExp][] = [
    [
      'an app that uses an app',
      withDependency('@masque/loader', '@masque/masker'),
      /loader \(app\) depends on @masque\/masker \(app\)/,
    ],
    [
      'an adapter that uses an adapter',
      withDependency('@masque/postgres-sink', '@masque/job-queue'),
      /depends on @masque\/job-queue \(adapter\)/,
    ],
    [
      'an adapter that knows one arrow',
      withDependency('@masque/job-queue', '@masque/handoff-masked'),
      /handoff-masked, which only/,
    ],
    [
      'an adapter that knows the domain',
      withDependency('@masque/postgres-sink', '@masque/pipeline'),
      /\(adapter\) depends on @masque\/pipeline \(domain\)/,
    ],
    [
      'a loader that can mask',
      withDependency('@masque/loader', '@masque/masking'),
      /masking, which only @masque\/masker and @masque\/keyring may/,
    ],
    [
      'a loader that names the extracted type',
      withDependency('@masque/loader', '@masque/handoff-extracted'),
      /handoff-extracted, which only/,
    ],
    [
      'a masker that reaches PostgreSQL',
      withDependency('@masque/masker', '@masque/postgres-sink'),
      /postgres-sink, which only/,
    ],
    [
      'a dashboard that reaches SQS',
      withDependency('@masque/dashboard', '@masque/sqs-source'),
      /sqs-source, which only @masque\/extractor and @masque\/cli may/,
    ],
    [
      'a dashboard that talks to Redis itself',
      withDependency('@masque/dashboard', 'ioredis'),
      /ioredis, which only @masque\/job-queue may/,
    ],
    [
      'a stage that serves pages',
      withDependency('@masque/masker', 'fastify'),
      /fastify, which only @masque\/dashboard may/,
    ],
    [
      'a second importer of a vendor',
      withDependency('@masque/loader', 'pg'),
      /pg, which only @masque\/postgres-sink may/,
    ],
    [
      'a kit that knows a domain',
      withDependency('@masque/stage', '@masque/pipeline'),
      /\(kit\) depends on @masque\/pipeline/,
    ],
    ['a pipeline that reaches masking', withDependency('@masque/pipelines', '@masque/masking'), /masking, which only/],
    [
      'an import that npm hoists',
      withImport('@masque/loader', 'src/x.ts', '@masque/sealing'),
      /imports @masque\/sealing, which @masque\/loader does not declare/,
    ],
    [
      'a vendor that npm hoists',
      withImport('@masque/masker', 'src/x.ts', 'ioredis'),
      /imports ioredis, which @masque\/masker does not declare/,
    ],
    ['a test tool in a source', withImport('@masque/masker', 'src/x.ts', 'fast-check'), /imports fast-check/],
    [
      'a stage that uses a package of tests',
      withDependency('@masque/loader', '@masque/fuzz'),
      /loader \(app\) depends on @masque\/fuzz \(app\)/,
    ],
    [
      'a package of tests that gives a vendor to others',
      withDependency('@masque/fuzz', 'pg'),
      /fuzz depends on pg, which only @masque\/postgres-sink may/,
    ],
    [
      'a package of tests that imports what npm hoists',
      withImport('@masque/fuzz', 'src/x.ts', 'ioredis'),
      /imports ioredis, which @masque\/fuzz does not declare/,
    ],
    [
      'a way into another package',
      withImport('@masque/loader', 'src/x.ts', '../../masker/src/body.ts'),
      /reaches out of its package/,
    ],
    [
      'the inside of another package',
      withImport('@masque/masker', 'src/x.ts', '@masque/masking/src/rsa.ts'),
      /imports the inside/,
    ],
    ['its own index', withImport('@masque/masking', 'src/x.ts', './index.ts'), /its own package's index/],
    ['a cycle', withDependency('@masque/key-files', '@masque/masking'), /cycle: .*@masque\/masking/],
  ];
  it.each(cases)('%s is found', (_, workspace, expected) => {
    expect(breaches(workspace)).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it('of length is found', () => {
    const workspace = withChanged('@masque/loader', () => ({
      files: [{ path: 'src/long.ts', lines: 301, imports: [] }],
    }));
    expect(breaches(workspace)).toEqual(['apps/loader/src/long.ts has 301 lines: two nouns?']);
  });
});

describe('importsOf', () => {
  it('finds every form and no comment', () => {
    const text = readFileSync(resolve(import.meta.dirname, 'fixtures/imports.txt'), 'utf8');
    expect(importsOf(text)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});
