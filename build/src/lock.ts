/** What of npm's lock file (version 3) is used here: https://docs.npmjs.com/cli/configuring-npm/package-lock-json */
export interface LockedPackage {
  readonly version?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface Lock {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The package that definitions import; dist/ brings it along. */
const pipeline = { name: '@masque/pipeline', folder: 'pipeline' };

/**
 * A package.json of what is imported, at the versions of the repository's lock, and of that lock what those need: so
 * an image holds the very files that the tests ran with, and none that only demo, tests or tools need.
 *
 * `npm ci --workspace` would go by what is declared instead, and so install the demo's servers for the command line.
 */
export function pruneLock(
  lock: Lock,
  app: { readonly name: string; readonly version: string; readonly packages: readonly string[] },
): { readonly manifest: Manifest; readonly lock: Lock & { readonly name: string } } {
  if (lock.lockfileVersion !== 3) throw new Error(`package-lock.json has version ${lock.lockfileVersion}, not 3`);
  const keys = app.packages.map((name) => keyOf(lock, '', name) ?? missing(name));
  const needed = closure(lock, keys);
  const versions = keys.map((key, at) => [app.packages[at], lock.packages[key]?.version] as [string, string]);
  const manifest = {
    name: app.name,
    version: app.version,
    dependencies: { ...Object.fromEntries(versions), [pipeline.name]: `file:${pipeline.folder}` },
  };
  return {
    manifest,
    lock: {
      name: app.name,
      lockfileVersion: 3,
      packages: {
        '': manifest,
        ...needed,
        [`node_modules/${pipeline.name}`]: { resolved: pipeline.folder, link: true },
        [pipeline.folder]: { version: app.version },
      },
    },
  };
}

/** Entries by key, with npm's marks set anew: what is optional, or for development, here may be required by the app. */
function closure(lock: Lock, roots: readonly string[]): Record<string, LockedPackage> {
  const required = reach(lock, roots, requiredBy);
  const all = reach(lock, roots, (entry) => [...requiredBy(entry), ...Object.keys(entry.optionalDependencies ?? {})]);
  return Object.fromEntries(
    [...all].sort().map((key) => {
      const entry = Object.entries(lock.packages[key] ?? {}).filter(([name]) => !marks.has(name));
      return [key, { ...Object.fromEntries(entry), ...(required.has(key) ? {} : { optional: true }) }];
    }),
  );
}

const marks = new Set(['dev', 'devOptional', 'optional', 'peer']);

function requiredBy(entry: LockedPackage): string[] {
  // npm repeats optional dependencies among the dependencies of some packages.
  const optional = entry.optionalDependencies ?? {};
  const peers = Object.keys(entry.peerDependencies ?? {});
  return [
    ...Object.keys(entry.dependencies ?? {}).filter((name) => !(name in optional)),
    ...peers.filter((name) => entry.peerDependenciesMeta?.[name]?.optional !== true),
  ];
}

function reach(lock: Lock, roots: readonly string[], next: (entry: LockedPackage) => string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...roots];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    const from = key;
    const names = next(lock.packages[key] ?? {});
    open.push(...names.flatMap((name) => keyOf(lock, from, name) ?? []));
  }
  return seen;
}

/** Where Node would find `name` from the package at `from`: nested first, then outwards. */
function keyOf(lock: Lock, from: string, name: string): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const key = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (key in lock.packages) return key;
    if (at === '') return undefined;
  }
}

function missing(name: string): never {
  throw new Error(`${name} is imported and not in package-lock.json: declare it in the package that imports it`);
}
