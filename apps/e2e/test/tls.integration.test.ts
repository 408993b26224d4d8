import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startTlsFronts, type TlsFronts } from '@masque/local-stack/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { traffic } from '../src/logins.ts';
import { expectExactlyOnce } from '../src/placement.ts';
import { openWorld } from '../src/world.ts';

const stack = inject('stack');
const portOf = (url: string): number => Number(new URL(url).port);
const secure = (url: string, port: number, scheme: string, search = ''): string => {
  const changed = new URL(url.replace(/^\w+:/, `${scheme}:`));
  changed.hostname = 'localhost';
  changed.port = String(port);
  changed.search = search;
  return changed.href;
};

let fronts: Readonly<Record<'redis' | 'postgres' | 'sqs', TlsFronts>>;

beforeAll(async () => {
  const [redis, postgres, sqs] = await Promise.all([
    startTlsFronts({ port: portOf(stack.redisUrl) }),
    startTlsFronts({ port: portOf(stack.postgresUrl), speaks: 'postgres' }),
    startTlsFronts({ port: portOf(stack.sqsEndpoint) }),
  ]);
  fronts = { redis, postgres, sqs };
});

afterAll(async () => void (await Promise.all(Object.values(fronts).map((each) => each[Symbol.asyncDispose]()))));

it('the stages, each its own user, over TLS alone: exactly once, and no word of it in clear', async () => {
  await using world = await openWorld({ stack, redisUsers: true });
  // The variable takes one file, of any number of authorities.
  const authorities = join(dirname(fronts.sqs.authority.file), 'all.pem');
  await writeFile(authorities, `${fronts.redis.authority.certificate}${fronts.sqs.authority.certificate}`);
  const redisOf = (stage: string): Record<string, string> => ({
    REDIS_URL: secure(world.redisUsers?.url(stage) ?? '', fronts.redis.good.port, 'rediss'),
    NODE_EXTRA_CA_CERTS: authorities,
  });
  const started = [
    world.local.start('masker', redisOf('masker')),
    world.local.start('loader', {
      ...redisOf('loader'),
      DATABASE_URL: secure(
        world.logins.loader,
        fronts.postgres.good.port,
        'postgres',
        `sslmode=verify-full&sslrootcert=${fronts.postgres.authority.file}`,
      ),
    }),
    world.local.start('extractor', {
      ...redisOf('extractor'),
      AWS_ENDPOINT_URL_SQS: `https://localhost:${fronts.sqs.good.port}`,
    }),
  ];
  await Promise.all(started.map((stage) => stage.whenReady()));
  const sent = traffic(100);
  await world.send(sent.bodies);
  await world.whenQuiet();
  await expectExactlyOnce(world, sent);
  for (const each of Object.values(fronts)) {
    const wire = each.good.heard().toString('latin1');
    expect(wire.length).toBeGreaterThan(1_000);
    for (const word of [world.bundle.name, 'masque', 'SCRAM', 'AUTH', 'AmazonSQS']) expect(wire).not.toContain(word);
  }
});
