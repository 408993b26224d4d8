import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import type { Manifest } from '../src/manifest.ts';
import { all } from './overlay.ts';
import type { Pod } from './pod.ts';

type Selector = NonNullable<NonNullable<INetworkPolicy['spec']>['podSelector']>;

/** Ports that a pod may open connections to, by all policies that select it; `*` where one leaves them open. */
export function egressPorts(manifests: readonly Manifest[], pod: Pod): string[] {
  return ports(manifests, pod, 'Egress', (spec) => spec?.egress);
}

export function ingressPorts(manifests: readonly Manifest[], pod: Pod): string[] {
  return ports(manifests, pod, 'Ingress', (spec) => spec?.ingress);
}

function ports(
  manifests: readonly Manifest[],
  pod: Pod,
  direction: 'Egress' | 'Ingress',
  rulesOf: (
    spec: INetworkPolicy['spec'],
  ) => readonly { readonly ports?: readonly { readonly port?: number | string }[] }[] | undefined,
): string[] {
  const policies = all<INetworkPolicy>(manifests, 'NetworkPolicy').filter(
    ({ spec }) => spec?.policyTypes?.includes(direction) && selects(spec.podSelector ?? {}, pod.labels),
  );
  // A pod that no policy selects is open.
  if (policies.length === 0) return ['*'];
  const rules = policies.flatMap(({ spec }) => rulesOf(spec) ?? []);
  const open = rules.flatMap((rule) => rule.ports?.map(({ port }) => String(port ?? '*')) ?? ['*']);
  return [...new Set(open)].sort();
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Pod['labels']): boolean {
  const isEqual = Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
  return (
    isEqual &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      if (operator !== 'In') throw new Error(`no notion of ${operator}`);
      return values.includes(labels[key] ?? '');
    })
  );
}
