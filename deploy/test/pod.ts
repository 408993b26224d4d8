import type { IConfigMap } from 'kubernetes-models/v1';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { Manifest } from '../src/manifest.ts';
import { all } from './overlay.ts';

export interface Pod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: IPodSpec;
}

/** Pods of Masque's own; servers that an overlay brings along are not. */
export function pods(manifests: readonly Manifest[]): Pod[] {
  return everyPod(manifests).filter(({ spec }) => /masque\//.test(spec.containers[0]?.image ?? ''));
}

export function everyPod(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap(({ spec }) => {
    if (spec?.template === undefined) return [];
    const labels = spec.template.metadata.labels ?? {};
    return [{ name: labels['app.kubernetes.io/name'] ?? '', labels, spec: spec.template.spec }];
  });
}

export function podOf(manifests: readonly Manifest[], name: string): Pod {
  const found = pods(manifests).find((pod) => pod.name === name);
  if (found === undefined) throw new Error(`no pod ${name}`);
  return found;
}

/** What its container has in its environment; of a secret, the name of the key. */
export function environmentOf(manifests: readonly Manifest[], { spec }: Pod): Record<string, string> {
  const [container] = spec.containers;
  const maps = new Set((container?.envFrom ?? []).map(({ configMapRef }) => configMapRef?.name));
  const data = all<IConfigMap>(manifests, 'ConfigMap').filter(({ metadata }) => maps.has(metadata?.name));
  const own = container?.env ?? [];
  return Object.fromEntries(
    data
      .flatMap((map) => Object.entries(map.data ?? {}))
      .concat(own.map(({ name, value, valueFrom }) => [name, value ?? valueFrom?.secretKeyRef?.key ?? ''])),
  );
}
