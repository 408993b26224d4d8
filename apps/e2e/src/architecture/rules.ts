/**
 * Which package may use which, as the picture in ARCHITECTURE.md has it. npm hoists, so an import that no package.json
 * declares would resolve all the same; nothing but this looks.
 *
 *     app ──▶ contract, adapter, domain, kit          never another app
 *     harness ──▶ adapter, domain, kit                what runs stages on one machine; never in a container
 *     adapter ──▶ kit, libs/handoff                   never an adapter, a domain, one arrow's contract
 *     pipeline ──▶ libs/pipeline
 *     domain ──▶ domain, kit
 *     contract ──▶ libs/handoff
 *     kit ──▶ kit
 */
import { isBuiltin } from 'node:module';
import type { Package, SourceFile } from './workspace.ts';

const allowed: Readonly<Record<string, readonly string[]>> = {
  app: ['contract', 'adapter', 'domain', 'kit', 'harness'],
  harness: ['adapter', 'domain', 'kit'],
  adapter: ['kit', 'base-contract'],
  pipeline: ['domain'],
  domain: ['domain', 'kit'],
  contract: ['base-contract'],
  kit: ['kit'],
};

/** Packages that only some may use at run time. The e2e package runs nothing but tests. */
const reserved: Readonly<Record<string, readonly string[]>> = {
  // Who can mask can enumerate.
  '@masque/masking': ['@masque/masker', '@masque/keyring'],
  '@masque/keyring': ['@masque/cli', '@masque/local-pipeline'],
  // Each contract is known at its two ends and nowhere else.
  '@masque/handoff-extracted': ['@masque/extractor', '@masque/masker'],
  '@masque/handoff-masked': ['@masque/masker', '@masque/loader'],
  '@masque/handoff-settled': ['@masque/loader', '@masque/extractor'],
  '@masque/sqs-source': ['@masque/extractor', '@masque/cli'],
  '@masque/postgres-sink': ['@masque/loader', '@masque/dashboard', '@masque/cli', '@masque/local-pipeline'],
  '@masque/kms': ['@masque/masker', '@masque/cli'],
  '@masque/local-stack': ['@masque/cli'],
  '@masque/local-pipeline': ['@masque/cli'],
};

/** One package knows a vendor. */
const vendors: Readonly<Record<string, string>> = {
  bullmq: '@masque/job-queue',
  ioredis: '@masque/job-queue',
  '@aws-sdk/client-sqs': '@masque/sqs-source',
  '@aws-sdk/client-kms': '@masque/kms',
  pg: '@masque/postgres-sink',
  pino: '@masque/observability',
  'prom-client': '@masque/observability',
  '@opentelemetry/api': '@masque/observability',
  '@opentelemetry/sdk-trace': '@masque/observability',
  '@opentelemetry/exporter-trace-otlp-http': '@masque/observability',
  '@opentelemetry/resources': '@masque/observability',
  fastify: '@masque/dashboard',
  '@bull-board/ui': '@masque/dashboard',
  hpke: '@masque/sealing',
  fauxqs: '@masque/local-stack',
};

const longestFile = 300;

export interface Workspace {
  readonly packages: readonly Package[];
  readonly rootDevDependencies: readonly string[];
}

/** Every breach, in words; empty when there is none. */
export function breaches(workspace: Workspace): string[] {
  const byName = new Map(workspace.packages.map((each) => [each.name, each]));
  return [
    ...workspace.packages.flatMap((each) => [
      ...each.dependencies.flatMap((name) => dependencyBreaches(each, name, byName)),
      ...each.files.flatMap((file) => fileBreaches(each, file, workspace)),
    ]),
    ...cycles(workspace.packages),
  ];
}

function dependencyBreaches(from: Package, name: string, byName: ReadonlyMap<string, Package>): string[] {
  const vendorOf = vendors[name];
  if (vendorOf !== undefined && vendorOf !== from.name)
    return [`${from.name} depends on ${name}, which only ${vendorOf} may`];
  const to = byName.get(name);
  if (to === undefined)
    return name.startsWith('@masque/') ? [`${from.name} depends on ${name}, which is not there`] : [];
  const holders = reserved[name];
  if (holders !== undefined && !holders.includes(from.name) && !isTestsOnly(from)) {
    return [`${from.name} depends on ${name}, which only ${holders.join(' and ')} may`];
  }
  const kinds = allowed[from.kind] ?? [];
  const kind = name === '@masque/handoff' && from.kind !== 'app' ? 'base-contract' : to.kind;
  return kinds.includes(kind) ? [] : [`${from.name} (${from.kind}) depends on ${name} (${to.kind})`];
}

function fileBreaches(owner: Package, file: SourceFile, { rootDevDependencies }: Workspace): string[] {
  const isSource = !file.path.startsWith('test/') && !file.path.startsWith('bench/');
  const usable = new Set([owner.name, ...owner.dependencies]);
  if (!isSource || isTestsOnly(owner))
    for (const name of [...owner.devDependencies, ...rootDevDependencies]) usable.add(name);
  // Set-up for vitest is test code that has to be importable from outside.
  const isTestSupport = /^src\/(vitest-setup|vitest-folder|testing)\.ts$/.test(file.path);
  if (isTestSupport) for (const name of rootDevDependencies) usable.add(name);

  const found: string[] = [];
  const where = `${owner.folder}/${file.path}`;
  for (const specifier of file.imports) {
    if (specifier.startsWith('.')) {
      if (isSource && /(^|\/)index\.ts$/.test(specifier)) found.push(`${where} imports its own package's index.ts`);
      if (leaves(file.path, specifier)) found.push(`${where} reaches out of its package: ${specifier}`);
    } else if (!isBuiltin(specifier)) {
      const name = packageOf(specifier);
      if (!usable.has(name)) found.push(`${where} imports ${name}, which ${owner.name} does not declare`);
      if (name === owner.name && isSource) found.push(`${where} imports its own package by name`);
      if (name.startsWith('@masque/') && specifier.includes('/src/'))
        found.push(`${where} imports the inside of ${name}`);
    }
  }
  if (isSource && file.lines > longestFile) found.push(`${where} has ${file.lines} lines: two nouns?`);
  return found;
}

function leaves(path: string, specifier: string): boolean {
  let depth = path.split('/').length - 1;
  for (const part of specifier.split('/')) {
    if (part === '..') depth -= 1;
    else if (part !== '.') depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Packages that hold tests of the whole and nothing that runs in production. */
const testsOnly: ReadonlySet<string> = new Set(['apps/e2e', 'apps/bench', 'apps/chaos', 'apps/fuzz']);

function isTestsOnly(owner: Package): boolean {
  return testsOnly.has(owner.folder);
}

function cycles(packages: readonly Package[]): string[] {
  const byName = new Map(packages.map((each) => [each.name, each]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (name: string, way: readonly string[]): void => {
    if (way.includes(name)) found.push(`cycle: ${[...way.slice(way.indexOf(name)), name].join(' → ')}`);
    if (done.has(name) || way.includes(name)) return;
    for (const next of byName.get(name)?.dependencies ?? []) if (byName.has(next)) walk(next, [...way, name]);
    done.add(name);
  };
  for (const { name } of packages) walk(name, []);
  return found;
}
