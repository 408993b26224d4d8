import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BaseAdapter } from '@bull-board/api/baseAdapter';
import cookie from '@fastify/cookie';
import csrf from '@fastify/csrf-protection';
import formbody from '@fastify/formbody';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { boardPage } from './board-page.ts';
import type { DashboardSettings } from './config.ts';
import { contentSecurity } from './content-security.ts';
import { guard } from './guard.ts';
import { type Live, live } from './live.ts';
import { login } from './login.ts';
import { createSessions } from './session.ts';
import type { Watch } from './watch.ts';

export interface ServerDeps {
  readonly settings: Pick<DashboardSettings, 'DASHBOARD_URL' | 'DASHBOARD_PASSWORD_HASH'>;
  readonly watch: Watch;
  readonly adapters: readonly BaseAdapter[];
  readonly onLoginRefused: () => void;
  /** Told the name of what was thrown, and nothing else of it. */
  readonly onError: (name: string) => void;
}

export interface PageServer {
  readonly app: FastifyInstance;
  readonly live: Live;
}

/** The browser's own files, as they stand; and the chart library's, out of its package. */
const page = new URL('../page/', import.meta.url);
const charts = new URL('./', import.meta.resolve('uplot/dist/uPlot.esm.js'));

export async function createServer(deps: ServerDeps): Promise<PageServer> {
  const { DASHBOARD_PASSWORD_HASH: passwordHash, DASHBOARD_URL: publicUrl } = deps.settings;
  const secure = publicUrl?.startsWith('https://') === true;
  const sessions = passwordHash === undefined ? undefined : createSessions();
  // The prefix binds a cookie to this host and to TLS; browsers refuse it without.
  const cookieName = secure ? '__Host-masque' : 'masque';
  const app = fastify({ logger: false, bodyLimit: 16_384, forceCloseConnections: true });

  await app.register(helmet, {
    contentSecurityPolicy: contentSecurity(),
    strictTransportSecurity: secure ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  await app.register(cookie);
  await app.register(csrf, {
    cookieKey: secure ? '__Host-masque-csrf' : 'masque-csrf',
    cookieOpts: { path: '/', httpOnly: true, sameSite: 'lax', secure },
  });
  await app.register(formbody);
  await app.register(rateLimit, { global: false });
  app.setErrorHandler((error: FastifyError, _, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) deps.onError(error.name);
    // What was thrown may quote what it was given.
    return reply.code(status).send({ message: words[status] ?? 'That did not work.' });
  });
  app.setNotFoundHandler((_, reply) => reply.code(404).send({ message: words[404] }));

  guard(app, { sessions, cookie: cookieName });
  if (sessions !== undefined && passwordHash !== undefined) {
    login(app, {
      sessions,
      passwordHash,
      cookie: cookieName,
      secure,
      page: readFileSync(new URL('login.html', page), 'utf8'),
      onRefused: deps.onLoginRefused,
    });
  }
  const assets = { maxAge: 0, cacheControl: true, index: false } as const;
  await app.register(fastifyStatic, { ...assets, root: fileURLToPath(page), prefix: '/assets/' });
  await app.register(fastifyStatic, {
    ...assets,
    root: fileURLToPath(charts),
    prefix: '/assets/charts/',
    decorateReply: false,
    allowedPath: (path) => ['/uPlot.esm.js', '/uPlot.min.css'].includes(path),
  });
  const overview = readFileSync(new URL('overview.html', page), 'utf8');
  app.get('/', async (_, reply) => {
    const logout = sessions === undefined ? '' : logoutForm.replace('{{csrf}}', reply.generateCsrf());
    await reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(overview.replace('{{logout}}', logout));
  });
  const streams = live(app, {
    watch: deps.watch,
    isAllowed: (request) => sessions === undefined || sessions.isOpen(request.cookies[cookieName]),
  });
  boardPage(app, '/queues', deps.adapters);
  return { app, live: streams };
}

const logoutForm = `<form method="post" action="/logout"><input type="hidden" name="_csrf" value="{{csrf}}"><button type="submit">Log out</button></form>`;

const words: Readonly<Record<number, string>> = {
  403: 'Not allowed. If this was a form, load its page again.',
  404: 'There is nothing here.',
  413: 'That was too much.',
  429: 'Too many tries. Wait a minute.',
  500: 'The dashboard failed at this. Its log says where.',
};
