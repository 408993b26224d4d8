import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** One package of the workspace, as far as the rules look at it. */
export interface Package {
  readonly name: string;
  /** Path from the root of the workspace: `libs/masking`. */
  readonly folder: string;
  /** From the tag `kind:…` in its package.json. */
  readonly kind: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
  readonly files: readonly SourceFile[];
}

export interface SourceFile {
  /** From the package's folder: `src/masker.ts`. */
  readonly path: string;
  readonly lines: number;
  /** What it imports, as written. */
  readonly imports: readonly string[];
}

interface PackageJson {
  readonly name: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly tags?: readonly string[] };
}

/** Packages that the root's package.json names as workspaces. */
export function readWorkspace(root: string): { readonly packages: Package[]; readonly rootDevDependencies: string[] } {
  const rootJson = readJson(join(root, 'package.json'));
  const folders = globSync(
    (rootJson.workspaces ?? []).map((pattern) => `${pattern}/package.json`),
    { cwd: root },
  );
  return {
    packages: folders.sort().map((file) => readPackage(root, dirname(file))),
    rootDevDependencies: Object.keys(rootJson.devDependencies ?? {}),
  };
}

function readPackage(root: string, folder: string): Package {
  const json = readJson(join(root, folder, 'package.json'));
  const files = globSync('**/*.{ts,js}', {
    cwd: join(root, folder),
    exclude: (path) => /(^|[/\\])(node_modules|dist|fixtures|vectors)$/.test(path),
  });
  return {
    name: json.name,
    folder: folder.split(sep).join('/'),
    kind: (json.nx?.tags ?? []).find((tag) => tag.startsWith('kind:'))?.slice('kind:'.length) ?? 'none',
    dependencies: Object.keys(json.dependencies ?? {}),
    devDependencies: Object.keys(json.devDependencies ?? {}),
    files: files.sort().map((file) => readSource(join(root, folder), file)),
  };
}

function readSource(folder: string, file: string): SourceFile {
  const text = readFileSync(join(folder, file), 'utf8');
  return {
    path: relative(folder, join(folder, file)).split(sep).join('/'),
    lines: text.split('\n').length - 1,
    imports: importsOf(text),
  };
}

/** `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`, outside of comments. */
export function importsOf(text: string): string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
  const pattern = /(?:^|[\s;}])(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g;
  return [...new Set(Array.from(code.matchAll(pattern), (match) => match[2] ?? ''))];
}

function readJson(file: string): PackageJson {
  return JSON.parse(readFileSync(file, 'utf8')) as PackageJson;
}
