import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { type StageName, stages } from '@masque/local-pipeline';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Change, changed, type FirstStart, plantedPassword, prepareFirstStart } from '../src/first-start.ts';
import { latePort } from '../src/late-port.ts';

const stack = inject('stack');
const root = resolve(import.meta.dirname, '../../..');
const definition = (name: string): string => resolve(root, 'libs/pipeline/test/definitions', `${name}.ts`);

let first: FirstStart;
beforeAll(async () => {
  first = await prepareFirstStart(stack);
});
afterAll(() => first[Symbol.asyncDispose]());

const redis = (): string => first.bundle.redisUrl;
const postgres = (): string => first.bundle.databaseUrl;

describe.concurrent('settings', () => {
  it.each([
    ['extractor', ['LOG_LEVEL', 'HTTP_PORT', 'REDIS_URL', 'SQS_QUEUE_URL', 'BATCH_MAX', 'SQS_PROTOCOL']],
    ['masker', ['LOG_LEVEL', 'HTTP_PORT', 'REDIS_URL', 'MASK_CONCURRENCY']],
    ['loader', ['LOG_LEVEL', 'HTTP_PORT', 'REDIS_URL', 'DATABASE_URL', 'LOAD_CONCURRENCY']],
  ] as const)('of the %s: every faulty one is named at once', async (stage, names) => {
    const faulty = Object.fromEntries(names.map((name) => [name, `${plantedPassword} 0`]));
    await using run = first.start(stage, faulty);
    expect(await run.ended).toBe(78);
    first.expectSeemly(run.said());
    const named = [...run.said().matchAll(/^ {2}- (\w+) /gm)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(names));
    expect(run.said()).toMatch(/^\w+: settings are wrong:\n[^]*\nRun with --help .*\n$/);
  });

  it('that contradict each other', async () => {
    const change = { SHUTDOWN_GRACE_S: '5', SQS_WAIT_S: '20', SQS_VISIBILITY_TIMEOUT_S: '2', BATCH_LINGER_MS: '9000' };
    await using run = first.start('extractor', change);
    expect(await run.ended).toBe(78);
    expect(run.said().match(/^ {2}- /gm)).toHaveLength(2);
    for (const name of Object.keys(change)) expect(run.said()).toContain(name);
  });

  it('that are missing altogether', async () => {
    await using run = first.start('loader', { DATABASE_URL: '' });
    expect(await run.ended).toBe(78);
    expect(run.said()).toContain('  - DATABASE_URL is not set.');
  });

  it('whose port is taken', async () => {
    await using holder = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => holder.once('listening', listening));
    const HTTP_PORT = String((holder.address() as AddressInfo).port);
    expect(await first.expectRefusal('masker', { HTTP_PORT })).toMatchObject({
      code: 'port_unavailable',
      setting: 'HTTP_PORT',
      message: `cannot listen on 127.0.0.1:${HTTP_PORT}`,
    });
  });

  it.each([
    ['extractor', 'no-such-pipeline', 'pipeline_not_found', /pipelines\/no-such-pipeline\.ts/],
    ['masker', definition('faulty'), 'pipeline_invalid', /"Faulty" cannot be run:\n {2}- /],
    ['loader', definition('without-default'), 'pipeline_invalid', /default export is not a definePipeline/],
    ['masker', resolve(root, 'README.md'), 'pipeline_invalid', /README\.md/],
  ] as const)('the pipeline of the %s is not usable: %s', async (stage, name, code, message) => {
    expect(await first.expectRefusal(stage, { MASQUE_PIPELINE: name })).toMatchObject({
      code,
      setting: 'MASQUE_PIPELINE',
      message: expect.stringMatching(message),
    });
  });
});

describe.concurrent('a connection that no waiting mends', () => {
  interface Case {
    readonly what: string;
    readonly stages: readonly StageName[];
    readonly change: () => Change;
    readonly code: string;
    readonly setting: string;
    readonly message: RegExp;
  }
  const cases: readonly Case[] = [
    {
      what: 'a password that Redis refuses',
      stages: stages,
      change: () => ({
        REDIS_URL: changed(redis(), (url) => Object.assign(url, { username: 'masque', password: plantedPassword })),
      }),
      code: 'redis_refused',
      setting: 'REDIS_URL',
      message: /^Redis at 127\.0\.0\.1:\d+ refused the user or password$/,
    },
    {
      what: 'a database that Redis does not have',
      stages: ['masker'],
      change: () => ({ REDIS_URL: changed(redis(), (url) => (url.pathname = '/9999')) }),
      code: 'redis_refused',
      setting: 'REDIS_URL',
      message: /^Redis at 127\.0\.0\.1:\d+ does not have the database that the URL names$/,
    },
    {
      what: 'a password that PostgreSQL refuses',
      stages: ['loader'],
      change: () => ({ DATABASE_URL: changed(postgres(), (url) => (url.password = plantedPassword)) }),
      code: 'postgres_refused',
      setting: 'DATABASE_URL',
      message: /^PostgreSQL at 127\.0\.0\.1:\d+\/\w+ refused the user or password$/,
    },
    {
      what: 'no password at all',
      stages: ['loader'],
      change: () => ({ DATABASE_URL: changed(postgres(), (url) => (url.password = '')) }),
      code: 'postgres_refused',
      setting: 'DATABASE_URL',
      message: /password/,
    },
    {
      what: 'a database that PostgreSQL does not have',
      stages: ['loader'],
      change: () => ({ DATABASE_URL: changed(postgres(), (url) => (url.pathname = '/not_there')) }),
      code: 'database_missing',
      setting: 'DATABASE_URL',
      message: /^PostgreSQL at 127\.0\.0\.1:\d+\/not_there does not have the database that the URL names$/,
    },
    {
      what: 'a queue that is not there, by URL',
      stages: ['extractor'],
      change: () => ({ SQS_QUEUE_URL: changed(first.bundle.queueUrl, (url) => (url.pathname += '-not')) }),
      code: 'queue_missing',
      setting: 'SQS_QUEUE_URL',
      message: /^the queue \w+-not does not exist at 127\.0\.0\.1:\d+$/,
    },
    {
      what: 'a queue that is not there, by name',
      stages: ['extractor'],
      change: () => ({ SQS_QUEUE_URL: '', SQS_QUEUE_NAME: 'not-there' }),
      code: 'queue_missing',
      setting: 'SQS_QUEUE_NAME',
      message: /^the queue not-there does not exist at/,
    },
    {
      what: 'no region',
      stages: ['extractor'],
      change: () => ({ SQS_QUEUE_URL: '', AWS_ENDPOINT_URL_SQS: '', AWS_REGION: '' }),
      code: 'region_missing',
      setting: 'AWS_REGION',
      message: /^no usable AWS region is set$/,
    },
    {
      what: 'no credentials',
      stages: ['extractor'],
      change: () => ({ SQS_QUEUE_URL: '', AWS_ENDPOINT_URL_SQS: '' }),
      code: 'credentials_missing',
      setting: 'AWS_ACCESS_KEY_ID',
      message: /^no AWS credentials were found for sqs\.us-east-1\.amazonaws\.com$/,
    },
  ];
  const rows = cases.flatMap((one) => one.stages.map((stage) => [one.what, stage, one] as const));
  it.each(rows)('%s: the %s says so and ends', async (_, stage, { change, code, setting, message }) => {
    const fault = await first.expectRefusal(stage, change());
    expect(fault).toMatchObject({ code, setting, message: expect.stringMatching(message) });
  });
});

describe.concurrent('a connection that may heal', () => {
  const places = [
    ['extractor', 'REDIS_URL', 'redis_unreachable', redis],
    ['masker', 'REDIS_URL', 'redis_unreachable', redis],
    ['loader', 'REDIS_URL', 'redis_unreachable', redis],
    ['loader', 'DATABASE_URL', 'postgres_unreachable', postgres],
    ['extractor', 'AWS_ENDPOINT_URL_SQS', 'sqs_unreachable', () => stack.sqsEndpoint],
  ] as const;

  it.each(places)('%s: %s leads to a closed port, which opens later', async (stage, setting, code, real) => {
    const { hostname: host, port } = new URL(real());
    await using late = await latePort({ host, port: Number(port) });
    const value = changed(real(), (url) => (url.port = String(late.port)));
    await using run = first.start(stage, { [setting]: value });
    await first.expectWaiting(run, code);
    await late.hangUp(4);
    expect(await first.expectWaiting(run, code)).toMatchObject({ setting });
    await late.open();
    await run.whenReady();
    expect(await run.stop()).toBe(0);
  });

  it.each(places)('%s: %s names a host that nobody knows', async (stage, setting, code, real) => {
    const value = changed(real(), (url) => (url.hostname = 'nowhere.invalid'));
    await using run = first.start(stage, { [setting]: value });
    expect(await first.expectWaiting(run, code)).toMatchObject({
      setting,
      message: expect.stringContaining('nowhere.invalid'),
    });
    expect(await run.stop()).toBe(0);
  });
});
