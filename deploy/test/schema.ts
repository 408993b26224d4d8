import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1';
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1';
import { Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, Secret, Service, ServiceAccount } from 'kubernetes-models/v1';
import type { Manifest } from '../src/manifest.ts';

interface Model {
  readonly apiVersion: string;
  readonly kind: string;
  readonly prototype: { validate(): void };
}

/** The published schemas of Kubernetes and KEDA, compiled. */
const models: readonly Model[] = [
  ConfigMap,
  Deployment,
  Job,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  TriggerAuthentication,
];

/** What the schema of its kind says against an object; empty when nothing. */
export function faultsOf(manifest: Manifest): string[] {
  const model = models.find(({ apiVersion, kind }) => apiVersion === manifest.apiVersion && kind === manifest.kind);
  if (model === undefined) return [`no schema of ${manifest.apiVersion} ${manifest.kind}`];
  const unread = new Set<string>();
  try {
    model.prototype.validate.call(watched(manifest, '', unread));
  } catch (error) {
    return [(error as Error).message];
  }
  return [...unread].map((path) => `${path} is in no schema`);
}

/**
 * The schemas allow what they do not know, so a misspelt field would pass; the API server would drop it with a warning.
 * But what a validator knows it reads, so what it never reads is not in the schema.
 */
function watched<T extends object>(value: T, path: string, unread: Set<string>): T {
  const members = new Map<string, unknown>();
  const pathOf = (key: string): string => `${path}/${key}`;
  if (!Array.isArray(value)) for (const key of Object.keys(value)) unread.add(pathOf(key));
  return new Proxy(value, {
    get(target, key) {
      const member = Reflect.get(target, key) as unknown;
      if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return member;
      unread.delete(pathOf(key));
      if (typeof member !== 'object' || member === null) return member;
      // The same one at each reading: what the first has read stays read.
      if (!members.has(key)) members.set(key, watched(member, pathOf(key), unread));
      return members.get(key);
    },
  });
}
