/**
 * Bull Board under a prefix. Its own adapter for Fastify would bring a template engine for one page, and that page
 * loads fonts from Google and styles from within: it is written here instead, with the names of its scripts and style
 * sheet, which change with each release, read from the package.
 *
 * Nothing is written through it: only routes that read are there, and every other method is answered with 405, also
 * where Bull Board would say 200 and do nothing.
 */
import { readFileSync } from 'node:fs';
import { createBullBoard } from '@bull-board/api';
import type { BaseAdapter } from '@bull-board/api/baseAdapter';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { contentSecurity } from './content-security.ts';

type ServerAdapter = Parameters<typeof createBullBoard>[0]['serverAdapter'];
type ApiRoute = Parameters<ServerAdapter['setApiRoutes']>[0][number];
type EntryRoute = Parameters<ServerAdapter['setEntryRoute']>[0];
type Queues = Parameters<ServerAdapter['setQueues']>[0];
type UiConfig = Parameters<ServerAdapter['setUIConfig']>[0];

/** It loads lists of jobs with each look. */
const pollingS = 10;

export function boardPage(app: FastifyInstance, prefix: string, adapters: readonly BaseAdapter[]): void {
  const ui = new URL('./', import.meta.resolve('@bull-board/ui/package.json'));
  const board = collect(adapters, ui.pathname);
  const template = readFileSync(new URL('dist/index.ejs', ui), 'utf8');
  const entry = entryPage(template, prefix, board.config);
  const helmet = { contentSecurityPolicy: contentSecurity(sheetsIn(template, new URL('dist/', ui))) };

  app.register(fastifyStatic, {
    root: new URL('dist/static/', ui).pathname,
    prefix: `${prefix}/static/`,
    decorateReply: false,
    maxAge: '1 day',
  });
  for (const route of [board.entry.route].flat()) {
    app.get(`${prefix}${route}`, { helmet }, async (_, reply) => reply.type('text/html; charset=utf-8').send(entry));
  }
  app.get(prefix, async (_, reply) => reply.redirect(`${prefix}/`, 308));
  for (const route of board.routes) {
    if (![route.method].flat().includes('get')) continue;
    for (const path of [route.route].flat()) {
      app.get(`${prefix}${path}`, async ({ params, query, headers }, reply) => {
        const answer = await route.handler({
          queues: board.queues,
          uiConfig: board.config,
          params: params as Record<string, unknown>,
          query: query as Record<string, unknown>,
          body: {},
          headers: headers as Record<string, string>,
        });
        await reply.code(answer.status ?? 200).send(answer.body);
      });
    }
  }
  app.route({
    method: ['POST', 'PUT', 'PATCH', 'DELETE'],
    url: `${prefix}/*`,
    handler: async (_, reply) => {
      await reply
        .code(405)
        .header('allow', 'GET, HEAD')
        .send({ message: 'The queues are shown, and not changed, here.' });
    },
  });
}

interface Collected {
  readonly queues: Queues;
  readonly routes: readonly ApiRoute[];
  readonly entry: EntryRoute;
  readonly config: UiConfig;
}

/** What Bull Board tells a server of itself. */
function collect(adapters: readonly BaseAdapter[], uiBasePath: string): Collected {
  const told: Partial<{ -readonly [K in keyof Collected]: Collected[K] }> = {};
  const server: ServerAdapter = {
    setQueues: (queues) => keep('queues', queues),
    setApiRoutes: (routes) => keep('routes', routes),
    setEntryRoute: (entry) => keep('entry', entry),
    setUIConfig: (config) => keep('config', config),
    setViewsPath: () => server,
    setStaticPath: () => server,
    setErrorHandler: () => server,
  };
  function keep<K extends keyof Collected>(name: K, value: Collected[K]): ServerAdapter {
    told[name] = value;
    return server;
  }
  createBullBoard({
    queues: [...adapters],
    serverAdapter: server,
    options: {
      uiBasePath,
      uiConfig: {
        boardTitle: 'Queues',
        boardLogo: { path: '/assets/icon.svg', width: 22, height: 22 },
        hideDocsLink: true,
        showWorkers: false,
        pollingInterval: { showSetting: false, forceInterval: pollingS },
        miscLinks: [{ text: 'Overview', url: '/' }],
        favIcon: { default: '/assets/icon.svg', alternative: '/assets/icon.svg' },
      },
    },
  });
  return told as Collected;
}

/** Style sheets that its scripts write into the page: the icon of Redis brings its colours along. */
function sheetsIn(template: string, dist: URL): string[] {
  const scripts = scriptsIn(template).map((src) => readFileSync(new URL(src, dist), 'utf8'));
  return scripts.flatMap((script) =>
    [...script.matchAll(/"style",\{children:`([^`$\\]+)`\}/g)].map(([, sheet = '']) => sheet),
  );
}

function scriptsIn(template: string): string[] {
  return [...template.matchAll(/<script defer src="(static\/js\/[\w.-]+)">/g)].map(([, src = '']) => src);
}

function entryPage(template: string, prefix: string, config: UiConfig): string {
  const scripts = scriptsIn(template);
  const styles = [...template.matchAll(/href="(static\/css\/[\w.-]+)"/g)].map(([, href]) => href);
  if (scripts.length === 0 || styles.length === 0) throw new TypeError('Bull Board’s page is not what it was');
  const data = JSON.stringify(config).replaceAll('<', String.raw`\u003c`);
  return `<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<base href="${prefix}/">
<title>Queues</title>
<link rel="icon" type="image/svg+xml" id="fav-logo" href="/assets/icon.svg">
${styles.map((href) => `<link rel="stylesheet" href="${href}">`).join('\n')}
</head>
<body class="preload">
<script id="__UI_CONFIG__" type="application/json">${data}</script>
<div id="root"></div>
${scripts.map((src) => `<script defer src="${src}"></script>`).join('\n')}
</body>
</html>
`;
}
