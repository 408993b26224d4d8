import { request } from 'node:http';
import { createMetrics } from '@masque/observability';
import { expect, onTestFinished, test } from 'vitest';
import { type HealthServerOptions, startHealthServer } from '../src/health-server.ts';

async function setup(options: Partial<HealthServerOptions> = {}) {
  const metrics = createMetrics({ stage: 'masker', pipeline: 'user-logins' });
  const state = { waitingFor: undefined as string | undefined };
  const server = await startHealthServer({
    host: '127.0.0.1',
    port: 0,
    metrics,
    waitingFor: () => state.waitingFor,
    ...options,
  });
  onTestFinished(() => server.close());
  const get = async (path: string): Promise<Response> => await fetch(`http://127.0.0.1:${server.port}${path}`);
  return { server, metrics, state, get };
}

test('alive as soon as it answers, whatever it waits for', async () => {
  const { get, state } = await setup();
  state.waitingFor = 'redis_unreachable';
  const response = await get('/healthz');
  expect([response.status, await response.json()]).toEqual([200, { alive: true }]);
});

test('ready while it waits for nothing, else 503 with the code of what it waits for', async () => {
  const { get, state } = await setup();
  const ready = await get('/readyz');
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true }]);
  state.waitingFor = 'redis_unreachable';
  const waiting = await get('/readyz?verbose=1');
  expect([waiting.status, await waiting.json()]).toEqual([503, { ready: false, waitingFor: 'redis_unreachable' }]);
  expect(waiting.headers.get('content-type')).toBe('application/json');
});

test('metrics are told in Prometheus’s format', async () => {
  const { get, metrics } = await setup();
  metrics.counter('masque_masker_batches_total', 'Batches.').inc(3);
  const response = await get('/metrics');
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await response.text()).toContain('masque_masker_batches_total{stage="masker",pipeline="user-logins"} 3\n');
});

test('metrics that cannot be told are a 500 without words, and the server goes on', async () => {
  const failing = { expose: () => Promise.reject(new Error('SENTINEL')) };
  const { get, server } = await setup({ metrics: failing as unknown as HealthServerOptions['metrics'] });
  const response = await get('/metrics');
  expect([response.status, await response.text()]).toEqual([500, '']);
  expect((await get('/healthz')).status).toBe(200);
  await server.close();
});

test.each(['/', '/healthz/', '/READYZ', '/metrics.txt', '/../metrics/x'])('%s is not found', async (path) => {
  const { get } = await setup();
  const response = await get(path);
  expect([response.status, await response.json()]).toEqual([404, { paths: ['/healthz', '/readyz', '/metrics'] }]);
});

test('a path is not repeated in the answer', async () => {
  const { get } = await setup();
  expect(await (await get('/SENTINEL')).text()).not.toContain('SENTINEL');
});

test('a port in use is a fault that names the setting', async () => {
  const { server } = await setup();
  await expect(setup({ port: server.port })).rejects.toMatchObject({
    name: 'Fault',
    code: 'port_unavailable',
    message: `cannot listen on 127.0.0.1:${server.port}`,
    setting: 'HTTP_PORT',
    heals: false,
    details: { cause: 'EADDRINUSE' },
  });
});

test('an address that is not ours is the host’s fault, not the port’s', async () => {
  await expect(setup({ host: '192.0.2.1' })).rejects.toMatchObject({
    code: 'port_unavailable',
    setting: 'HTTP_HOST',
    details: { cause: 'EADDRNOTAVAIL' },
  });
});

test('closing ends connections that are kept alive, and may be done twice', async () => {
  const { server } = await setup();
  const kept = request({
    host: '127.0.0.1',
    port: server.port,
    path: '/healthz',
    headers: { connection: 'keep-alive' },
  });
  const closed = new Promise((resolve) => {
    kept.on('response', (response) => {
      response.resume();
      response.socket.on('close', resolve);
      response.on('end', () => void server.close());
    });
  });
  kept.end();
  await closed;
  await server.close();
  await expect(fetch(`http://127.0.0.1:${server.port}/healthz`)).rejects.toThrow(TypeError);
});
