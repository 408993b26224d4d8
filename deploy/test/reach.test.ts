import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../src/manifest.ts';
import { all, installations, overlays } from './overlay.ts';
import { everyPod, podOf } from './pod.ts';
import { egressPorts, ingressPorts } from './reach.ts';

const names = ['53'];
const [metrics, sqs, redis, postgres] = ['8080', '443', '6379', '5432'];

describe.each(installations)('$folder', ({ folder, manifests }) => {
  const queue = folder === 'overlays/local' ? '4566' : sqs;

  it.each([
    ['extractor', [queue, redis]],
    ['masker', [redis]],
    ['loader', [redis, postgres]],
    ['dashboard', [redis, postgres]],
  ])('%s reaches what is in its row of the table, and nothing else', (stage, servers) => {
    const pod = podOf(manifests, stage);
    expect(egressPorts(manifests, pod)).toEqual([...names, ...servers].sort());
    expect(ingressPorts(manifests, pod)).toEqual([metrics]);
  });

  it('lets the migration reach PostgreSQL alone', () => {
    const [migration] = overlays.filter((each) => each.folder === 'migrate').flatMap((each) => each.manifests);
    const pod = podOf(migration === undefined ? [] : [migration], 'migrate');
    expect(egressPorts(manifests, pod)).toEqual([...names, postgres].sort());
  });

  it('names an address or pods wherever it allows something', () => {
    const specs = all<INetworkPolicy>(manifests, 'NetworkPolicy').map(({ spec }) => spec);
    const peers = specs
      .flatMap((spec) => (spec?.egress ?? []).map(({ to }) => to?.length ?? 0))
      .concat(specs.flatMap((spec) => (spec?.ingress ?? []).map(({ from }) => from?.length ?? 0)));
    expect(Math.min(...peers)).toBeGreaterThan(0);
  });

  it('would notice a policy that is missing, and one that is too wide', () => {
    const masker = podOf(manifests, 'masker');
    expect(egressPorts(without(manifests, 'redis'), masker)).toEqual(names);
    const wide: Manifest = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'wide' },
      spec: { podSelector: {}, policyTypes: ['Egress'], egress: [{}] },
    };
    expect(egressPorts([...manifests, wide], masker)).toContain('*');
    expect(egressPorts([], masker)).toEqual(['*']);
  });
});

it('lets into the local servers only who may use them', () => {
  const local = installations.find(({ folder }) => folder === 'overlays/local')?.manifests ?? [];
  const servers = everyPod(local).filter(({ name }) => ['sqs', 'redis', 'postgres'].includes(name));
  expect(servers.map((pod) => ingressPorts(local, pod).filter((port) => port !== metrics))).toEqual([
    ['4566'],
    [redis],
    [postgres],
  ]);
});

function without(manifests: readonly Manifest[], name: string): Manifest[] {
  return manifests.filter((each) => each.kind !== 'NetworkPolicy' || each.metadata.name !== name);
}
