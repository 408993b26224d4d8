import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openAffected } from '../src/affected.ts';
import { type Package, readWorkspace } from '../src/architecture/workspace.ts';

const root = resolve(import.meta.dirname, '../../..');
const { packages } = readWorkspace(root);
const everyone = packages.map(({ name }) => name).sort();
const stages = ['@masque/extractor', '@masque/masker', '@masque/loader'];

/** What is run, read or built by path, which no import shows. */
const runs: Readonly<Record<string, readonly string[]>> = {
  '@masque/local-pipeline': [...stages, '@masque/pipelines'],
  '@masque/build': [...stages, '@masque/cli'],
  '@masque/deploy': [...stages, '@masque/dashboard'],
  '@masque/e2e': everyone,
};

describe('nx affected', () => {
  let affected: Awaited<ReturnType<typeof openAffected>>;
  beforeAll(async () => {
    affected = await openAffected();
  });

  it.each(packages.filter(({ folder }) => folder !== 'pipelines' && folder !== 'build'))(
    'runs, for a change in $folder, what imports or runs it, and nothing else',
    async ({ folder, name, files }) => {
      const source = files.find(({ path }) => path.startsWith('src/'))?.path ?? 'src/index.ts';
      expect(await affected(`${folder}/${source}`)).toEqual(reaching(name));
    },
  );

  it('runs what is built out of the definitions and by the build, too', async () => {
    const apps = [...stages, '@masque/cli'];
    expect(await affected('pipelines/user-logins.ts')).toEqual(expect.arrayContaining([...apps, '@masque/e2e']));
    expect(await affected('build/src/bundle.ts')).toEqual(expect.arrayContaining([...apps, '@masque/build']));
  });

  it.each([
    ['package-lock.json', everyone],
    ['tsconfig.base.json', everyone],
    ['.oxlintrc.json', everyone],
    ['vitest.config.ts', everyone],
    ['README.md', ['@masque/e2e']],
    ['.env.example', ['@masque/e2e']],
    ['docs/model/exactly-once.pml', ['@masque/e2e']],
    ['Dockerfile', ['@masque/deploy', '@masque/e2e']],
    ['docker-compose.yml', ['@masque/deploy', '@masque/e2e']],
    ['deploy/kubernetes/base/scaling.yaml', ['@masque/deploy', '@masque/e2e']],
    ['LICENSE', []],
  ])('runs, for a change of %s, those whose tests read it', async (file, expected) => {
    expect(await affected(file)).toEqual(expected);
  });

  it('says the same as the command, of a clone in which a file was changed', async () => {
    const clone = mkdtempSync(join(tmpdir(), 'masque-clone-'));
    try {
      const git = (...args: string[]): unknown => execFileSync('git', ['-C', clone, ...args]);
      execFileSync('git', ['-c', 'advice.detachedHead=false', 'clone', '-q', '--shared', root, clone]);
      symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
      // As things stand here, committed or not.
      for (const folder of ['.', ...packages.map((each) => each.folder)]) {
        cpSync(join(root, folder, 'package.json'), join(clone, folder, 'package.json'));
      }
      cpSync(join(root, 'nx.json'), join(clone, 'nx.json'));
      git('add', '--all', '--', '*.json');
      git(
        '-c',
        'user.name=test',
        '-c',
        'user.email=test@localhost',
        'commit',
        '-q',
        '--allow-empty',
        '-m',
        'as it stands',
      );
      appendFileSync(join(clone, 'libs/handoff-settled/src/index.ts'), '\n');
      const command = [
        join(root, 'node_modules/nx/dist/bin/nx.js'),
        'show',
        'projects',
        '--affected',
        '--base=HEAD',
        '--json',
      ];
      const printed = execFileSync(process.execPath, command, {
        cwd: clone,
        env: {
          ...process.env,
          NX_DAEMON: 'false',
          NX_CACHE_PROJECT_GRAPH: 'false',
          NX_WORKSPACE_DATA_DIRECTORY: join(clone, '.nx'),
        },
        encoding: 'utf8',
      });
      expect((JSON.parse(printed) as string[]).sort()).toEqual(await affected('libs/handoff-settled/src/index.ts'));
    } finally {
      rmSync(clone, { recursive: true });
    }
  });
});

/** Those who import the package, tests included, or run it, or reach it over others that do. */
function reaching(name: string): string[] {
  const found = new Set([name]);
  for (const each of found) {
    const next = packages.filter((other) => uses(other).has(each));
    for (const { name: user } of next) found.add(user);
  }
  return [...found].sort();
}

const used = new Map<string, Set<string>>();

function uses(one: Package): Set<string> {
  const known = used.get(one.name);
  if (known !== undefined) return known;
  const imports = one.files.flatMap((file) => file.imports).map((each) => each.split('/').slice(0, 2).join('/'));
  const all = new Set([...imports, ...(runs[one.name] ?? [])].filter((each) => each !== one.name));
  used.set(one.name, all);
  return all;
}
