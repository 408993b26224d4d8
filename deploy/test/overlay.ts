import { globSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from '../src/kustomize.ts';
import type { Manifest } from '../src/manifest.ts';

export const repository = resolve(import.meta.dirname, '../..');
export const kubernetes = join(repository, 'deploy/kubernetes');

/** Every folder that can be applied, `overlays/aws`, with what it applies. */
export const overlays: readonly { readonly folder: string; readonly manifests: readonly Manifest[] }[] = globSync(
  '**/kustomization.yaml',
  { cwd: kubernetes },
)
  .map((file) => dirname(file))
  .sort()
  .map((folder) => ({ folder, manifests: build(join(kubernetes, folder)) }));

/** Those that bring the stages. */
export const installations = overlays.filter(({ manifests }) => all(manifests, 'Deployment').length > 0);

/** Typed by the models of the schemas that kubernetes.test.ts holds them to. */
export function all<T>(manifests: readonly Manifest[], kind: string): T[] {
  return manifests.filter((each) => each.kind === kind) as T[];
}
