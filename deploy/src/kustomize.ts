/**
 * `kustomize build`, as far as the manifests here need it: so that they are checked as they are applied, on a machine
 * with nothing but Node. What it does not know it refuses; where kubectl is at hand, a test compares with the original.
 *
 * Generated names get no hash: who looks for a reference looks for the plain name.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { applyPatch, operationsSchema } from './json-patch.ts';
import { type Manifest, manifestSchema, nameOf } from './manifest.ts';

/** Kubernetes reads YAML 1.1, where 0440 is octal. */
const dialect = { version: '1.1' } as const;

const generatorSchema = z.strictObject({
  name: z.string(),
  behavior: z.literal('merge').optional(),
  literals: z.array(z.string()).default([]),
  files: z.array(z.string()).default([]),
  options: z.strictObject({ disableNameSuffixHash: z.boolean() }).optional(),
});

const kustomizationSchema = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  namespace: z.string(),
  resources: z.array(z.string()),
  labels: z
    .array(z.strictObject({ pairs: z.record(z.string(), z.string()), includeTemplates: z.boolean() }))
    .default([]),
  patches: z
    .array(
      z.strictObject({
        target: z.strictObject({ kind: z.string(), name: z.string().optional() }),
        path: z.string().optional(),
        patch: z.string().optional(),
      }),
    )
    .default([]),
  configMapGenerator: z.array(generatorSchema).default([]),
  secretGenerator: z.array(generatorSchema).default([]),
  images: z
    .array(z.strictObject({ name: z.string(), newName: z.string().optional(), newTag: z.string().optional() }))
    .default([]),
});

type Kustomization = z.output<typeof kustomizationSchema>;
type Generator = z.output<typeof generatorSchema>;

/** Every object that `kubectl apply -k folder` would apply. */
export function build(folder: string): Manifest[] {
  const kustomization = kustomizationSchema.parse(
    parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'), dialect) as unknown,
  );
  const manifests = kustomization.resources.flatMap((path) => read(join(folder, path)));
  generate('ConfigMap', kustomization.configMapGenerator, manifests, folder);
  generate('Secret', kustomization.secretGenerator, manifests, folder);
  return manifests
    .map((manifest) => patched(manifest, kustomization, folder))
    .map((manifest) => transformed(manifest, kustomization));
}

function read(path: string): Manifest[] {
  if (statSync(path).isDirectory()) return build(path);
  return parseAllDocuments(readFileSync(path, 'utf8'), dialect).map((document) =>
    manifestSchema.parse(document.toJS()),
  );
}

function generate(kind: string, generators: readonly Generator[], manifests: Manifest[], folder: string): void {
  for (const { name, behavior, literals, files } of generators) {
    const pairs = [
      ...literals.map((literal) => /^([^=]+)=(.*)$/s.exec(literal)?.slice(1) ?? [literal, '']),
      ...files.map((file) => [basename(file), readFileSync(join(folder, file), 'utf8')]),
    ].map(([key, value = '']) => [key, kind === 'Secret' ? Buffer.from(value).toString('base64') : value] as const);
    const data = Object.fromEntries(pairs);
    const there = manifests.find((manifest) => manifest.kind === kind && nameOf(manifest) === name);
    if ((there === undefined) === (behavior === 'merge'))
      throw new Error(`${kind} ${name}: merge what is not there, or twice`);
    if (there === undefined) {
      const type = kind === 'Secret' ? { type: 'Opaque' } : {};
      manifests.push({ apiVersion: 'v1', kind, metadata: { name }, ...type, data });
    } else there['data'] = { ...(there['data'] as object), ...data };
  }
}

function patched(manifest: Manifest, { patches }: Kustomization, folder: string): Manifest {
  return patches
    .filter(({ target }) => target.kind === manifest.kind && (target.name ?? nameOf(manifest)) === nameOf(manifest))
    .reduce((before, { path, patch }) => {
      const text = path === undefined ? (patch ?? '') : readFileSync(join(folder, path), 'utf8');
      return manifestSchema.parse(applyPatch(before, operationsSchema.parse(parse(text, dialect) as unknown)));
    }, manifest);
}

function transformed(manifest: Manifest, { namespace, labels, images }: Kustomization): Manifest {
  const pairs = Object.assign({}, ...labels.map((label) => label.pairs)) as Record<string, string>;
  const copy = structuredClone(manifest);
  if (copy.kind !== 'Namespace') copy.metadata.namespace = namespace;
  if (labels.length > 0) copy.metadata.labels = { ...copy.metadata.labels, ...pairs };
  const { template } = copy.spec ?? {};
  if (template === undefined) return copy;
  template.metadata.labels = { ...template.metadata.labels, ...pairs };
  for (const container of template.spec.containers) {
    const image = images.find(({ name }) => name === container.image);
    if (image === undefined) continue;
    container.image = `${image.newName ?? image.name}${image.newTag === undefined ? '' : `:${image.newTag}`}`;
  }
  return copy;
}
