import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { repository } from './overlay.ts';
import { settingsOf } from './settings.ts';

const serviceSchema = z.looseObject({
  image: z.string(),
  entrypoint: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  volumes: z.array(z.string()).default([]),
  networks: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  init: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  stop_grace_period: z.string().optional(),
});
const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8');
const { services } = z
  .looseObject({ services: z.record(z.string(), serviceSchema) })
  .parse(parse(text, { merge: true }));

/** What the image sets, and what belongs to stop_grace_period. */
const fixed = new Set(['HTTP_HOST', 'HTTP_PORT', 'MASQUE_KEYS_DIR', 'SHUTDOWN_GRACE_S', 'DASHBOARD_PORT']);
/** What goes before a setting of the same name, and ends in the service's own entrypoint. */
const own = new Set(['OWN_REDIS_URL', 'OWN_DATABASE_URL']);
const credentials = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** The table in ARCHITECTURE.md: folders of keys, servers. */
const rows = [
  { name: 'extractor', keys: ['/keys/extractor'], networks: ['redis', 'sqs'] },
  { name: 'masker', keys: ['/keys/masker'], networks: ['redis'] },
  { name: 'loader', keys: [], networks: ['postgres', 'redis'] },
  { name: 'dashboard', keys: [], networks: ['postgres', 'redis'] },
];

describe.each(rows)('$name', ({ name, keys, networks }) => {
  const service = services[name] ?? serviceSchema.parse({ image: '' });

  it('is handed every setting that it has, and nothing else', () => {
    const settings = settingsOf(name).map((each) => each.name);
    const wanted = settings
      .filter((each) => !fixed.has(each))
      .concat(['extractor', 'masker'].includes(name) ? credentials : []);
    const given = Object.keys(service.environment).filter((each) => !fixed.has(each) && !own.has(each));
    expect(given.sort()).toEqual(wanted.sort());
  });

  it('has the keys and the networks of its row', () => {
    expect(service.volumes.filter((each) => each.includes(':/keys')).map((each) => each.split(':')[1])).toEqual(keys);
    expect(service.networks.toSorted()).toEqual(networks);
  });

  it('is stopped by its init, later than by itself', () => {
    const own = Number(settingsOf(name).find((each) => each.name === 'SHUTDOWN_GRACE_S')?.fallback);
    expect(service.init).toBe(true);
    expect(Number.parseInt(service.stop_grace_period ?? '0', 10)).toBeGreaterThan(own);
  });
});

/** Whose URL each service takes from .env, before the one that is for all. */
const owners = [
  { name: 'extractor', redis: 'EXTRACTOR' },
  { name: 'masker', redis: 'MASKER' },
  { name: 'loader', redis: 'LOADER', database: 'LOADER' },
  { name: 'dashboard', redis: 'DASHBOARD', database: 'DASHBOARD' },
  { name: 'keys', redis: 'CUSTODIAN', database: 'CUSTODIAN' },
  { name: 'custodian', redis: undefined, database: 'CUSTODIAN' },
  { name: 'cli', redis: 'CUSTODIAN', database: 'DASHBOARD' },
  { name: 'migrate', redis: undefined, database: 'MIGRATE' },
];

describe.each(owners)('$name, of its URLs', ({ name, redis, database }) => {
  const { environment = {}, entrypoint = [] } = services[name] ?? {};

  it('is given its own and the one for all', () => {
    const urls = Object.entries(environment).filter(([setting]) => /(REDIS|DATABASE)_URL$/.test(setting));
    const asked = urls.map(([setting, value]) => `${setting} of ${/^\$\{(\w+):-/.exec(value ?? '')?.[1]}`);
    expect(asked).toEqual([
      ...(redis ? ['REDIS_URL of REDIS_URL', `OWN_REDIS_URL of ${redis}_REDIS_URL`] : []),
      ...(database ? ['DATABASE_URL of DATABASE_URL', `OWN_DATABASE_URL of ${database}_DATABASE_URL`] : []),
    ]);
  });

  it.each([
    ['its own', 'own', 'own'],
    ['the other, where it has none', '', 'common'],
  ])('takes %s', (_, url, taken) => {
    const settings = [redis && 'REDIS_URL', database && 'DATABASE_URL'].filter((each) => each !== undefined);
    const [shell = '', ...args] = entrypoint.map((each) => each.replaceAll('$$', '$'));
    const asked = args.map((each) =>
      each.replaceAll(/node \/app\/main\.js(?: keys)?(?: "\$@")?/g, `printenv ${settings.join(' ')}`),
    );
    const env = Object.fromEntries(
      settings.flatMap((each) => [
        [each, 'common'],
        [`OWN_${each}`, url],
      ]),
    );
    const { stdout } = spawnSync(shell, [...asked, 'list'], {
      env: { PATH: process.env['PATH'], DASHBOARD_PASSWORD_HASH: 'given', ...env },
      encoding: 'utf8',
    });
    expect(stdout.trim().split('\n')).toEqual(settings.map(() => taken));
  });
});

it('hands the credentials of .env to whom SQS or the custodian’s keys are, and to nobody else', () => {
  const holders = Object.entries(services).filter(
    ([, { environment }]) => 'AWS_ACCESS_KEY_ID' in environment && environment['AWS_ACCESS_KEY_ID'] === null,
  );
  expect(holders.map(([name]) => name).sort()).toEqual(['cli', 'custodian', 'extractor', 'keys']);
});

it('runs nothing of ours with a writable root or a capability', () => {
  const ours = Object.values(services).filter(({ image }) => image.startsWith('masque/'));
  expect(ours.length).toBeGreaterThan(rows.length);
  for (const { read_only, cap_drop } of ours)
    expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ['ALL'] });
});

it('gives the custodian’s keys to the custodian’s commands alone, and opens ports to this machine alone', () => {
  const holders = Object.entries(services).filter(([, { volumes }]) =>
    volumes.some((each) => each.includes('custodian')),
  );
  expect(holders.map(([name]) => name).sort()).toEqual(['custodian', 'keys']);
  for (const port of Object.values(services).flatMap(({ ports }) => ports)) expect(port).toMatch(/^127\.0\.0\.1:/);
});
