import { describe, expect, test } from 'vitest';
import { stageSettings } from '../src/index.ts';
import { runFixture, token } from './run-fixture.ts';

/** Every run is a process of its own, so they run beside each other. */
describe.concurrent('the life of a stage', { timeout: 30_000 }, () => {
  test('SIGTERM: an orderly stop, its report, status 0', async (context) => {
    const stage = runFixture(context, 'works');
    const { port } = await stage.said('starting');
    await stage.said('ready');
    const url = `http://127.0.0.1:${String(port)}`;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('stage="fixture",pipeline="user-logins"');
    stage.signal('SIGTERM');
    expect(await stage.exit).toBe(0);
    expect(stage.lines.map(({ event }) => event)).toEqual([
      'starting',
      'ready',
      'stopping',
      'asked_to_stop',
      'stopped',
    ]);
    expect(stage.lines[2]).toMatchObject({ stage: 'fixture', signal: 'SIGTERM' });
    expect(stage.lines[4]).toMatchObject({ level: 'info', handedBack: 3, tookMs: expect.any(Number) });
    expect(stage.output.stderr).toBe('');
  });

  test('SIGINT does the same, and three quarters of the grace period are for kindness', async (context) => {
    const stage = runFixture(context, 'works', { env: { SHUTDOWN_GRACE_S: '40' } });
    await stage.said('ready');
    stage.signal('SIGINT');
    expect(await stage.exit).toBe(0);
    const { kindMs, forceMs } = await stage.said('asked_to_stop');
    expect(Number(forceMs) - Number(kindMs)).toBe(10_000);
    expect(Number(forceMs)).toBeGreaterThan(39_000);
    expect(Number(forceMs)).toBeLessThanOrEqual(40_000);
  });

  test.for([
    ['waits', 'waiting', 'redis_unreachable'],
    ['waits without a look at the signal', 'starting', 'starting'],
    ['waits while created', 'starting', 'starting'],
  ] as const)(
    'a start that %s is alive, not ready, and overtaken by SIGTERM',
    async ([behaviour, event, code], context) => {
      const stage = runFixture(context, behaviour);
      const { port } = await stage.said('starting');
      await stage.said(event);
      const url = `http://127.0.0.1:${String(port)}`;
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([503, { ready: false, waitingFor: code }]);
      stage.signal('SIGTERM');
      expect(await stage.exit).toBe(0);
      expect(stage.lines.at(-1)?.event).toBe('stopped');
      expect(stage.lines.map((line) => line.event)).not.toContain('ready');
    },
  );

  test.for(['refused', 'refused while created'])(
    '%s at start: status 78 and one message, which names the setting',
    async (behaviour, context) => {
      const stage = runFixture(context, behaviour);
      expect(await stage.exit).toBe(78);
      const told = stage.lines.filter(({ level }) => level !== 'info');
      expect(told).toMatchObject([
        {
          event: 'failed',
          level: 'error',
          code: 'redis_refused',
          setting: 'REDIS_URL',
          advice: 'Check the password.',
        },
      ]);
      expect(stage.lines.at(-1)?.event).toBe('stopped');
      expect(stage.output.stderr).toBe('');
    },
  );

  test.for(['gives up', 'fails later'])(
    'a service that %s ends with status 1, stopped in order',
    async (behaviour, context) => {
      const stage = runFixture(context, behaviour);
      expect(await stage.exit).toBe(1);
      expect(await stage.said('failed')).toMatchObject({ code: 'redis_unreachable', level: 'warn' });
      expect(stage.lines.at(-1)).toMatchObject({ event: 'stopped', handedBack: 3 });
    },
  );

  test.for(['throws later', 'rejects later'])(
    'a defect (%s) ends with status 70, stopped in order, with none of its words',
    async (behaviour, context) => {
      const stage = runFixture(context, behaviour);
      expect(await stage.exit).toBe(70);
      const failed = await stage.said('failed');
      expect(failed).toMatchObject({
        level: 'error',
        code: 'internal',
        at: expect.stringMatching(/^stage\.ts:\d+:\d+$/),
      });
      expect(stage.lines.at(-1)).toMatchObject({ event: 'stopped', handedBack: 3 });
      expect(stage.output.stdout + stage.output.stderr).not.toContain(token);
    },
  );

  test('a stop that hangs is forced at the end of the grace period: status 1, and what it may cost', async (context) => {
    const stage = runFixture(context, 'hangs at stop', { env: { SHUTDOWN_GRACE_S: '1' } });
    const { port } = await stage.said('starting');
    await stage.said('ready');
    stage.signal('SIGTERM');
    await stage.said('asked_to_stop');
    const ready = await fetch(`http://127.0.0.1:${String(port)}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { ready: false, waitingFor: 'stopping' }]);
    expect(await stage.exit).toBe(1);
    const stopped = await stage.said('stopped');
    expect(stopped).toMatchObject({ level: 'warn', forced: true, cost: expect.any(String) });
    expect(stopped['tookMs']).toBeGreaterThanOrEqual(990);
    expect(stopped['tookMs']).toBeLessThan(2_000);
  });

  test.for([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second signal, %s, leaves at once with 128 and its number', async ([signal, status], context) => {
    const stage = runFixture(context, 'hangs at stop', { env: { SHUTDOWN_GRACE_S: '3600' } });
    await stage.said('ready');
    stage.signal('SIGTERM');
    await stage.said('asked_to_stop');
    stage.signal(signal);
    expect(await stage.exit).toBe(status);
  });

  test.for([
    ['throws at stop', 'stop_failed'],
    ['throws beside its stop', 'failed_while_stopping'],
  ] as const)(
    'a service that %s is told of, with none of its words, and not called a success',
    async ([behaviour, event], context) => {
      const stage = runFixture(context, behaviour);
      await stage.said('ready');
      stage.signal('SIGTERM');
      expect(await stage.exit).toBe(70);
      expect(await stage.said(event)).toMatchObject({ level: 'error', code: 'internal' });
      expect(stage.output.stdout + stage.output.stderr).not.toContain(token);
    },
  );

  test('settings that are wrong: status 78, all of them at once on standard error, no value', async (context) => {
    const env = { REDIS_URL: token, HTTP_PORT: token, TOKEN: '' };
    const stage = runFixture(context, 'works', { env });
    expect(await stage.exit).toBe(78);
    expect(stage.output.stderr).toMatch(/^fixture: settings are wrong:\n/);
    expect(stage.output.stderr.match(/^ {2}- (HTTP_PORT|REDIS_URL|TOKEN) /gm)).toHaveLength(3);
    expect(stage.output.stdout + stage.output.stderr).not.toContain(token);
  });

  test('settings that do not fit each other: status 78 as well', async (context) => {
    const stage = runFixture(context, 'works', { env: { REDIS_PREFIX: 'odd' } });
    expect(await stage.exit).toBe(78);
    expect(stage.output.stderr).toContain('  - REDIS_PREFIX is odd.\n');
  });

  test('--help: every setting, its unit and default, and nothing of the environment', async (context) => {
    const stage = runFixture(context, 'nonsense', { env: { REDIS_URL: token }, args: ['--help'] });
    expect(await stage.exit).toBe(0);
    const { stdout, stderr } = stage.output;
    expect(stdout).toMatch(/^fixture: does as it is told\.\n/);
    for (const name of [...Object.keys(stageSettings), 'REDIS_URL', 'REDIS_PREFIX', 'BEHAVIOUR', 'TOKEN']) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\n {6}\\S.* \\(.+\\)$`, 'm'));
    }
    expect(stdout).toMatch(/^ {2}SHUTDOWN_GRACE_S\n.*\(seconds, default 25\)$/m);
    expect(stdout).toMatch(/^ {2}TOKEN\n.*\(required\)$/m);
    expect(stdout + stderr).not.toContain(token);
  });

  test('a port in use ends it with status 78', async (context) => {
    const first = runFixture(context, 'works');
    const { port } = await first.said('ready').then(() => first.said('starting'));
    const second = runFixture(context, 'works', { env: { HTTP_PORT: String(port) } });
    expect(await second.exit).toBe(78);
    expect(await second.said('failed')).toMatchObject({ code: 'port_unavailable', setting: 'HTTP_PORT' });
  });
});
