import { cpSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const reference = /new URL\(\s*['"`]([^'"`]*)['"`],\s*import\.meta\.url\s*\)/g;

/**
 * Copies what bundled modules name as `new URL('…', import.meta.url)` to the same place under dist/. Definitions of
 * pipelines are built, not copied; other TypeScript would have to be, and nothing in an image needs any yet.
 */
export async function copyNeighbours(at: {
  readonly root: string;
  readonly dist: string;
  readonly modules: readonly string[];
}): Promise<void> {
  for (const { module, path } of at.modules.flatMap(neighboursOf)) {
    const place = relative(at.root, path);
    if (place === 'pipelines') continue;
    if (!existsSync(path) || path.endsWith('.ts')) {
      throw new Error(`${relative(at.root, module)} reads ${place}, which no image would have`);
    }
    cpSync(path, join(at.dist, place), { recursive: true });
  }
}

const resolved = /import\.meta\.resolve\(\s*['"`]([^'"`]+)['"`]\s*\)/g;

/** What bundled modules name as `import.meta.resolve('…')`: packages of which they read files, and import nothing. */
export function readSpecifiers(modules: readonly string[]): string[] {
  return modules.flatMap((module) => {
    const code = existsSync(module) ? readFileSync(module, 'utf8') : '';
    return [...code.matchAll(resolved)].map(([, specifier = '']) => specifier);
  });
}

function neighboursOf(module: string): { readonly module: string; readonly path: string }[] {
  const code = existsSync(module) ? readFileSync(module, 'utf8') : '';
  return [...code.matchAll(reference)].map(([, path = '']) => ({ module, path: resolve(dirname(module), path) }));
}
