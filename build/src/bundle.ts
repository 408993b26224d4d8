import { readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { readSpecifiers } from './neighbours.ts';

export interface Bundle {
  /** Third-party packages that the code imports, statically or not, or reads files of. */
  readonly packages: readonly string[];
  /** Files whose code is in the bundle. */
  readonly modules: readonly string[];
}

/** The app and `@masque/pipeline` as two entries of one bundle, so that both share one copy of every module. */
export async function bundleApp(at: {
  readonly root: string;
  readonly app: string;
  readonly dist: string;
}): Promise<Bundle> {
  const input = { main: join(at.app, 'src/main.ts'), pipeline: join(at.root, 'libs/pipeline/src/index.ts') };
  return bundle(at.root, input, at.dist, isThirdParty);
}

/** Definitions, each with the files beside it that it imports. */
export async function bundlePipelines(at: { readonly root: string; readonly dist: string }): Promise<Bundle> {
  const folder = join(at.root, 'pipelines');
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.sample.ts'));
  const input = Object.fromEntries(files.map((file) => [file.slice(0, -3), join(folder, file)]));
  return bundle(at.root, input, join(at.dist, 'pipelines'), (id) => !/^[./]/.test(id));
}

async function bundle(
  root: string,
  input: Record<string, string>,
  dir: string,
  external: (id: string) => boolean,
): Promise<Bundle> {
  const build = await rolldown({
    input,
    external,
    platform: 'node',
    plugins: [withoutDemo, addresses(root)],
    // A package's modules do nothing when imported (CONTRIBUTING), so those of which nothing is used are left out.
    treeshake: { moduleSideEffects: [{ test: /\/libs\//, sideEffects: false }] },
  });
  const { output } = await build.write({
    dir,
    entryFileNames: '[name].js',
    // In the same folder as the entries: `addresses` counts on it.
    chunkFileNames: '[name]-[hash].js',
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await build.close();
  const chunks = output.filter((each): each is OutputChunk => each.type === 'chunk');
  const own = new Set(chunks.map(({ fileName }) => fileName));
  const imports = chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]);
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  const packages = imports.filter((id) => !own.has(id) && !id.startsWith('node:'));
  return { packages: [...new Set([...packages, ...readSpecifiers(modules)].map(packageOf))].sort(), modules };
}

const isThirdParty = (id: string): boolean => !/^[./]/.test(id) && !id.startsWith('@masque/');

/** `@aws-sdk/core/protocols` is of the package `@aws-sdk/core`. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * Gives every module the URL that it has in the repository, with dist/ in the repository's place: what it reads beside
 * itself, `new URL('../migrations/', import.meta.url)`, is then found where `copyNeighbours` puts it.
 */
function addresses(root: string): Plugin {
  return {
    name: 'addresses',
    transform(code, id) {
      if (!code.includes('import.meta.url')) return null;
      const address = `new URL('./${relative(root, id)}', import.meta.url).href`;
      return { code: code.replaceAll('import.meta.url', address), map: null };
    },
  };
}

/** The demo starts servers and stages out of the repository. An image has neither, so its packages stay out too. */
const withoutDemo: Plugin = {
  name: 'without-demo',
  resolveId(source) {
    return source.endsWith('/commands/demo.ts') ? resolve(import.meta.dirname, 'no-demo.ts') : null;
  },
};
