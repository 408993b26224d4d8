import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { describe, expect, it } from 'vitest';
import { all, installations, kubernetes, overlays, repository } from './overlay.ts';
import { environmentOf, podOf, pods } from './pod.ts';
import { identities, references, secretsOf } from './references.ts';
import { faultsOf } from './schema.ts';
import { settingsOf } from './settings.ts';

/** Who is given what, as the table in ARCHITECTURE.md has it. Nobody ever gets the custodian's. */
const secrets: Readonly<Record<string, readonly string[]>> = {
  extractor: ['masque-extractor', 'masque-extractor-keys'],
  masker: ['masque-masker', 'masque-masker-keys'],
  loader: ['masque-loader'],
  dashboard: ['masque-dashboard'],
  migrate: ['masque-migrate'],
};
const stages = ['extractor', 'masker', 'loader'];
/** Not settings of ours: the AWS SDK reads them. */
const credentials = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

const readme = readFileSync(join(kubernetes, 'README.md'), 'utf8').split('\n');
const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
const compose = readFileSync(join(repository, 'docker-compose.yml'), 'utf8');

const everyPod = overlays.flatMap(({ folder, manifests }) =>
  pods(manifests).map((pod) => ({ folder, name: pod.name, pod })),
);
const everyService = installations.flatMap(({ folder, manifests }) =>
  [...stages, 'dashboard'].map((name) => ({ folder, name, manifests, pod: podOf(manifests, name) })),
);
const everyStage = everyService.filter(({ name }) => stages.includes(name));

describe.each(overlays)('$folder', ({ manifests }) => {
  it('fits the published schemas of Kubernetes and KEDA', () => {
    expect(manifests.flatMap((manifest) => faultsOf(manifest))).toEqual([]);
  });

  it('names what is there, or a secret that the README lists with its keys', () => {
    const made = new Set(identities(manifests));
    expect(references(manifests).filter((each) => !made.has(each) && !isListed(each))).toEqual([]);
  });
});

describe.each(everyPod)('$folder: $name', ({ name, pod }) => {
  const { spec } = pod;
  const [container] = spec.containers;

  it('is not root, and has no writable root, capability or token', () => {
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('has its own secrets and no others', () => {
    expect(secretsOf(pod)).toEqual(new Set(secrets[name]));
  });

  it('runs an image that the Dockerfile makes, under the name that docker-compose.yml gives it', () => {
    const [, image, target] = /(masque\/([a-z]+))(?::[\w.]+)?$/.exec(container?.image ?? '') ?? [];
    expect(dockerfile).toContain(`\nFROM runtime AS ${target}\n`);
    expect(compose).toContain(`image: ${image}\n`);
  });

  it('says what memory it needs, and what is too much', () => {
    expect(container?.resources).toMatchObject({
      requests: { cpu: expect.any(String) as string, memory: expect.any(String) as string },
      limits: { memory: expect.any(String) as string },
    });
  });
});

describe.each(everyStage)('$folder: the stage $name', ({ folder, name, manifests, pod }) => {
  const environment = environmentOf(manifests, pod);

  it('has probes, a budget, and a grace period longer than its own', () => {
    expect(pod.spec.containers[0]).toMatchObject({
      startupProbe: { httpGet: { path: '/healthz' } },
      livenessProbe: { httpGet: { path: '/healthz' } },
      readinessProbe: { httpGet: { path: '/readyz' } },
    });
    expect(pod.spec.terminationGracePeriodSeconds).toBeGreaterThan(Number(environment['SHUTDOWN_GRACE_S']));
    const budgets = all<IPodDisruptionBudget>(manifests, 'PodDisruptionBudget').filter(
      ({ spec }) => spec?.selector?.matchLabels?.['app.kubernetes.io/name'] === name,
    );
    expect(budgets.map(({ spec }) => spec?.maxUnavailable)).toEqual([1]);
  });

  it('leaves the number of replicas to KEDA', () => {
    const deployments = all<IDeployment>(manifests, 'Deployment').filter(({ metadata }) => metadata?.name === name);
    expect(deployments.map(({ spec }) => spec?.replicas)).toEqual([undefined]);
  });

  it('leaves the queue to the overlay', () => {
    const hasQueue = Object.hasOwn(environment, 'SQS_QUEUE_URL');
    expect(hasQueue).toBe(name === 'extractor' && folder !== 'base');
  });
});

describe.each(everyService)('$folder: the environment of $name', ({ name, manifests, pod }) => {
  it('is settings that it has, and each that it must have', () => {
    const settings = settingsOf(name);
    const known = new Set([...settings.map((setting) => setting.name), ...(name === 'extractor' ? credentials : [])]);
    const given = new Set(Object.keys(environmentOf(manifests, pod)));
    expect([...given].filter((each) => !known.has(each))).toEqual([]);
    expect(settings.filter(({ need }) => need === 'required').filter((each) => !given.has(each.name))).toEqual([]);
  });
});

/** `Secret name [key]` in the README's table. */
function isListed(reference: string): boolean {
  const [kind, name, key] = reference.split(' ');
  const row = readme.find((line) => line.startsWith(`| \`${name}\` |`));
  return kind === 'Secret' && row !== undefined && (key === undefined || row.includes(`\`${key}\``));
}
