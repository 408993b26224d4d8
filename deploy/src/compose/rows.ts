/** What each stage's container has, by the table in ARCHITECTURE.md: keys, servers, credentials. */
import type { Project, Stage } from './project.ts';

interface Row {
  readonly mounts: readonly string[];
  readonly networks: readonly string[];
  /** Settings that name a server or open one. */
  readonly reaches: readonly string[];
}

const rows: Readonly<Record<Stage, Row>> = {
  extractor: {
    mounts: ['/keys/extractor'],
    networks: ['redis', 'sqs'],
    reaches: ['AWS_ENDPOINT_URL_SQS', 'REDIS_URL'],
  },
  masker: { mounts: ['/keys/masker'], networks: ['redis'], reaches: ['REDIS_URL'] },
  loader: { mounts: [], networks: ['postgres', 'redis'], reaches: ['DATABASE_URL', 'REDIS_URL'] },
};

const servers =
  /^(AWS_ENDPOINT_URL_SQS|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|.*REDIS_URL|.*DATABASE_URL)$/;

/** What differs from the rows, in words; empty when nothing. */
export async function breaches(project: Project, stage: Stage): Promise<string[]> {
  const found: string[] = [];
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (JSON.stringify(is) !== JSON.stringify(should)) {
      found.push(`${stage}: ${what} is ${JSON.stringify(is)}, not ${JSON.stringify(should)}`);
    }
  };
  const row = rows[stage];
  for (const { Config, HostConfig, Mounts, NetworkSettings } of await project.containers(stage)) {
    expect('the user', Config.User, '1000:1000');
    expect('a read-only root', HostConfig.ReadonlyRootfs, true);
    expect('what is dropped', HostConfig.CapDrop, ['ALL']);
    expect('what is mounted', Mounts.map(({ Destination }) => Destination).sort(), row.mounts);
    expect('the networks', Object.keys(NetworkSettings.Networks).map(withoutProject).sort(), row.networks);
    const names = namesOf(Config.Env).filter((name) => servers.test(name));
    expect('what it is told of servers', names.sort(), row.reaches);
    expect('its user of Redis', userOf(Config.Env, 'REDIS_URL'), `masque_${stage}`);
  }
  if (await project.can(stage, 'touch', '/app/main.js')) found.push(`${stage}: its own code can be written`);
  if (await project.can(stage, 'ls', '/keys/custodian')) found.push(`${stage}: the custodian's folder is there`);
  return found;
}

/** A name alone stands for one that is not set, and one with nothing says nothing. */
function namesOf(env: readonly string[]): string[] {
  return env.filter((each) => /=./.test(each)).map((each) => each.slice(0, each.indexOf('=')));
}

function userOf(env: readonly string[], name: string): string | undefined {
  const url = env.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);
  return url === undefined ? undefined : new URL(url).username;
}

function withoutProject(network: string): string {
  return network.slice(network.lastIndexOf('_') + 1);
}
