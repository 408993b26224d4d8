import type { IScaledObject, ITriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import type { ISecret } from 'kubernetes-models/v1';
import type { Manifest } from '../src/manifest.ts';
import { all } from './overlay.ts';
import { type Pod, pods } from './pod.ts';

/** Everything that manifests name, each as `Kind name` or, of a secret, `Secret name key`. */
export function references(manifests: readonly Manifest[]): string[] {
  const scaled = all<IScaledObject>(manifests, 'ScaledObject');
  const targets = scaled.map(({ spec }) => `Deployment ${spec.scaleTargetRef.name}`);
  const logins = scaled.flatMap(({ spec }) => spec.triggers.map((each) => each.authenticationRef?.name));
  const keys = all<ITriggerAuthentication>(manifests, 'TriggerAuthentication').flatMap(
    ({ spec }) => spec?.secretTargetRef ?? [],
  );
  return pods(manifests)
    .flatMap(referencesOf)
    .concat(targets)
    .concat(logins.map((name) => `TriggerAuthentication ${name}`))
    .concat(keys.map(({ name, key }) => `Secret ${name} ${key}`));
}

function referencesOf({ spec }: Pod): string[] {
  const volumes = spec.volumes ?? [];
  const env = spec.containers.flatMap((container) => container.env ?? []);
  const envFrom = spec.containers.flatMap((container) => container.envFrom ?? []);
  const maps = [...volumes.map(({ configMap }) => configMap?.name), ...envFrom.map((each) => each.configMapRef?.name)];
  const files = volumes.map(({ secret }) => secret?.secretName);
  const keys = env.map(({ valueFrom }) => valueFrom?.secretKeyRef);
  return [spec.serviceAccountName]
    .map((name) => name && `ServiceAccount ${name}`)
    .concat(maps.map((name) => name && `ConfigMap ${name}`))
    .concat(files.map((name) => name && `Secret ${name}`))
    .concat(keys.map((key) => key && `Secret ${key.name} ${key.key}`))
    .filter((each) => each !== undefined);
}

/** Names of the secrets that a pod is given, in whatever way. */
export function secretsOf(pod: Pod): Set<string> {
  const envFrom = pod.spec.containers.flatMap((container) => container.envFrom ?? []);
  const named = referencesOf(pod).filter((each) => each.startsWith('Secret '));
  return new Set(
    [...named.map((each) => each.split(' ')[1]), ...envFrom.map((each) => each.secretRef?.name)].filter(
      (name) => name !== undefined,
    ),
  );
}

/** What is there to be named. */
export function identities(manifests: readonly Manifest[]): string[] {
  const keys = all<ISecret>(manifests, 'Secret').flatMap(({ metadata, data = {} }) =>
    Object.keys(data).map((key) => `Secret ${metadata?.name} ${key}`),
  );
  return [...manifests.map((each) => `${each.kind} ${each.metadata.name}`), ...keys];
}
