/**
 * `node ../../build/src/main.ts [dist]` in an app's folder: makes `dist/`, which needs nothing of the repository.
 *
 *     dist/main.js, chunks      the app and the workspace packages it uses, types stripped, one copy of each
 *     dist/pipeline/            the package @masque/pipeline for definitions: the app's own copy, not a second one
 *     dist/pipelines/*.js       the definitions that ship
 *     dist/libs/…               files that a package reads beside its sources, at the same place under dist/
 *     dist/package.json, -lock  the third-party packages that the code imports, and their closure, as locked
 *
 * `npm ci --omit=dev` in dist/ completes it. Third-party packages stay packages: bullmq may not be bundled, and
 * scanners find what is installed, not what is melted in. Definitions mounted later may be TypeScript, since they do
 * not lie under node_modules, where Node strips no types.
 */
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { copyNeighbours } from './neighbours.ts';
import { bundleApp, bundlePipelines } from './bundle.ts';
import { type Lock, pruneLock } from './lock.ts';

const root = resolve(import.meta.dirname, '../..');
const app = process.cwd();
const dist = resolve(process.argv[2] ?? 'dist');
const { name, version } = readJson(join(app, 'package.json')) as { name: string; version: string };

await rm(dist, { recursive: true, force: true });
const bundle = await bundleApp({ root, app, dist });
await copyNeighbours({ root, dist, modules: bundle.modules });
const pipelines = await bundlePipelines({ root, dist });

await mkdir(join(dist, 'pipeline'));
await writeFile(join(dist, 'pipeline/index.js'), `export * from '../pipeline.js';\n`);
await writeJson('pipeline/package.json', { name: '@masque/pipeline', version, type: 'module', exports: './index.js' });

const lock = readJson(join(root, 'package-lock.json')) as Lock;
const packages = [...new Set([...bundle.packages, ...pipelines.packages])].filter(
  (each) => each !== '@masque/pipeline',
);
const pruned = pruneLock(lock, { name: name.replace('@', '').replace('/', '-'), version, packages });
await writeJson('package.json', { ...pruned.manifest, private: true, type: 'module' });
await writeJson('package-lock.json', pruned.lock);
process.stdout.write(`${name}: dist/main.js, ${Object.keys(pruned.lock.packages).length - 3} packages\n`);

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(join(dist, file), `${JSON.stringify(value, undefined, 2)}\n`);
}
