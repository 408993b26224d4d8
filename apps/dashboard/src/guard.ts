/**
 * Who is answered.
 *
 *     no password set: this machine alone, by an address of its own        password set: whoever has a session
 *
 * Without a password the name in the request's Host header must be a loopback one too. A page somewhere on the web can
 * make its own name resolve to 127.0.0.1 and then read what this port answers (DNS rebinding); its requests carry that
 * name.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback } from './config.ts';
import type { Sessions } from './session.ts';

export interface GuardDeps {
  readonly sessions: Sessions | undefined;
  readonly cookie: string;
}

/** The login page and its looks. */
const open = new Set(['/login', '/assets/style.css', '/assets/icon.svg']);

export function guard(app: FastifyInstance, { sessions, cookie }: GuardDeps): void {
  app.addHook('onRequest', async (request, reply) => {
    if (sessions === undefined) {
      if (!isLoopback(request.hostname))
        await refuse(reply, 403, 'Without a password only loopback names are answered.');
      return;
    }
    if (open.has(request.url.split('?')[0] ?? '') || sessions.isOpen(request.cookies[cookie])) return;
    await (isPage(request) ? reply.redirect('/login', 303) : refuse(reply, 401, 'Log in first.'));
  });
}

function isPage({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html');
}

async function refuse(reply: FastifyReply, status: number, message: string): Promise<void> {
  await reply.code(status).send({ message });
}
