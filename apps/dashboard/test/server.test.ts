import { hashPassword } from '@masque/password';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createHistory } from '../src/history.ts';
import type { Overview } from '../src/overview.ts';
import { createServer } from '../src/server.ts';
import type { Watch } from '../src/watch.ts';

const passwordHash = await hashPassword('correct horse battery');

type Answer = Awaited<ReturnType<Awaited<ReturnType<typeof createServer>>['app']['inject']>>;

async function served(settings: { readonly password?: boolean; readonly url?: string } = {}) {
  const listeners = new Set<(overview: Overview, point: undefined) => void>();
  const watch: Watch = {
    overview: undefined,
    history: createHistory(),
    onLook(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: () => {},
    stop: async () => {},
  };
  const told: string[] = [];
  const { app, live } = await createServer({
    settings: {
      DASHBOARD_URL: settings.url,
      DASHBOARD_PASSWORD_HASH: settings.password === false ? undefined : passwordHash,
    },
    watch,
    adapters: [],
    onLoginRefused: () => told.push('refused'),
    onError: (name) => told.push(name),
  });
  onTestFinished(() => app.close());
  const cookies = new Map<string, string>();
  const keep = (answer: Answer): Answer => {
    for (const { name, value } of answer.cookies) {
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    return answer;
  };
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const get = async (url: string, headers: Record<string, string> = {}) =>
    keep(await app.inject({ url, headers: { accept: 'text/html', cookie: cookie(), ...headers } }));
  const post = async (url: string, fields: Record<string, string>) =>
    keep(
      await app.inject({
        method: 'POST',
        url,
        headers: { cookie: cookie(), 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
      }),
    );
  const logIn = async (password = 'correct horse battery') =>
    post('/login', { _csrf: csrfIn((await get('/login')).body), password });
  return {
    app,
    live,
    watch,
    told,
    get,
    post,
    logIn,
    cookies,
    look: () => listeners.forEach((tell) => tell({} as Overview, undefined)),
  };
}

const csrfIn = (page: string): string => /name="_csrf" value="([^"]+)"/.exec(page)?.[1] ?? '';

describe('behind a password', () => {
  test('a page leads to the log-in, and everything else is refused', async () => {
    const { get, app } = await served();
    for (const page of ['/', '/queues/', '/nothing']) {
      expect([page, (await get(page)).statusCode, (await get(page)).headers.location]).toEqual([page, 303, '/login']);
    }
    for (const path of ['/live', '/queues/api/queues', '/assets/overview.js', '/queues/static/x.js']) {
      expect([path, (await get(path, { accept: '*/*' })).statusCode]).toEqual([path, 401]);
    }
    expect((await app.inject({ method: 'PUT', url: '/queues/api/queues/pause' })).statusCode).toBe(401);
    expect((await get('/assets/style.css')).statusCode).toBe(200);
  });

  test('the password opens a session, whose cookie no script and no other site’s form gets at', async () => {
    const { logIn, get, post } = await served();
    const answer = await logIn();
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/']);
    const cookie = answer.cookies.find(({ name }) => name === 'masque');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', maxAge: 43_200 });
    expect(cookie?.secure).toBeUndefined();
    const page = await get('/');
    expect(page.statusCode).toBe(200);
    const out = await post('/logout', { _csrf: csrfIn(page.body) });
    expect([out.statusCode, out.headers.location]).toEqual([303, '/login']);
    expect((await get('/')).statusCode).toBe(303);
  });

  test('a session that was logged out is over, also for whoever kept its cookie', async () => {
    const { logIn, get, post, cookies } = await served();
    await logIn();
    const kept = cookies.get('masque') ?? '';
    await post('/logout', { _csrf: csrfIn((await get('/')).body) });
    cookies.set('masque', kept);
    expect((await get('/')).statusCode).toBe(303);
  });

  test('behind TLS its cookies say so', async () => {
    const { logIn, get } = await served({ url: 'https://masque.example' });
    const answer = await logIn();
    expect(answer.cookies.find(({ name }) => name === '__Host-masque')).toMatchObject({ secure: true, path: '/' });
    expect((await get('/login')).headers['strict-transport-security']).toMatch(/max-age=31536000/);
  });

  test('a wrong password is refused in words that give nothing away, and counted', async () => {
    const { logIn, told, cookies } = await served();
    for (const wrong of ['', 'correct horse batterx', 'x'.repeat(2_000)]) {
      const answer = await logIn(wrong);
      expect([answer.statusCode, answer.body.includes('That is not the password.')]).toEqual([401, true]);
    }
    expect(cookies.has('masque')).toBe(false);
    expect(told).toEqual(['refused', 'refused', 'refused']);
  });

  test('a form that is not ours is refused', async () => {
    const { post, get, cookies } = await served();
    const right = { password: 'correct horse battery' };
    expect((await post('/login', right)).statusCode).toBe(403);
    await get('/login');
    expect((await post('/login', { ...right, _csrf: 'made up' })).statusCode).toBe(403);
    expect(cookies.has('masque')).toBe(false);
  });

  test('after ten tries a minute has to pass', async () => {
    const { post, get, told } = await served();
    const token = csrfIn((await get('/login')).body);
    // Without the token each costs nothing, and counts all the same.
    for (let tries = 0; tries < 10; tries += 1) expect((await post('/login', {})).statusCode).toBe(403);
    const answer = await post('/login', { _csrf: token, password: 'correct horse battery' });
    expect([answer.statusCode, told]).toEqual([429, []]);
  });

  test('a log-out ends the stream that is open', async () => {
    const { logIn, get, post, cookies, app, look, live } = await served();
    await logIn();
    const page = await get('/');
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const streaming = app.inject({ url: '/live', headers: { cookie } });
    while (live.viewers === 0) await new Promise((resolve) => setImmediate(resolve));
    look();
    await post('/logout', { _csrf: csrfIn(page.body) });
    look();
    const { body } = await streaming;
    expect(body.match(/^event: \w+$/gm)).toEqual(['event: history', 'event: overview']);
    expect(live.viewers).toBe(0);
  });
});

describe('without a password', () => {
  test('a loopback name is answered, and one that merely leads here is not', async () => {
    const { get } = await served({ password: false });
    expect((await get('/', { host: 'localhost:8090' })).statusCode).toBe(200);
    expect((await get('/', { host: '127.0.0.1:8090' })).statusCode).toBe(200);
    expect((await get('/', { host: '[::1]:8090' })).statusCode).toBe(200);
    for (const host of ['rebound.example', 'rebound.example:8090', '127.0.0.1.example', 'localhost.example']) {
      expect([host, (await get('/', { host })).statusCode]).toEqual([host, 403]);
    }
  });
});

describe('whoever asks', () => {
  test('is told to load nothing from elsewhere, nothing from within a page, and to frame it nowhere', async () => {
    const { get, logIn } = await served();
    const login = await get('/login');
    await logIn();
    for (const answer of [login, await get('/'), await get('/queues/'), await get('/queues/api/queues')]) {
      const policy = String(answer.headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    }
  });

  test('finds no script, style or address of elsewhere in a page', async () => {
    const { get } = await served({ password: false });
    for (const path of ['/', '/queues/']) {
      const page = (await get(path)).body;
      expect(page).not.toMatch(/https?:\/\//);
      expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*(\ssrc=|type="application\/json"))/);
    }
  });

  test('cannot write through the queues, by any method or path', async () => {
    const { app } = await served({ password: false });
    const writes = [
      '/queues/api/queues/pause',
      '/queues/api/queues/x.y/empty',
      '/queues/api/queues/x.y/add',
      '/queues/z',
    ];
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
      for (const url of writes) {
        const answer = await app.inject({ method, url });
        expect([method, url, answer.statusCode, answer.headers.allow]).toEqual([method, url, 405, 'GET, HEAD']);
      }
    }
  });

  test('is given the browser’s files, and no other of their packages or folders', async () => {
    const { get } = await served({ password: false });
    for (const path of ['/assets/overview.js', '/assets/charts/uPlot.esm.js', '/assets/charts/uPlot.min.css']) {
      expect([path, (await get(path)).statusCode]).toEqual([path, 200]);
    }
    for (const path of ['/assets/charts/uPlot.cjs.js', '/assets/../src/server.ts', '/assets/%2e%2e/package.json']) {
      expect([path, (await get(path)).statusCode]).toEqual([path, 404]);
    }
  });
});
