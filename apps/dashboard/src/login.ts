import { matchesPassword } from '@masque/password';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type Sessions, sessionHours } from './session.ts';

export interface LoginDeps {
  readonly sessions: Sessions;
  readonly passwordHash: string;
  readonly cookie: string;
  readonly secure: boolean;
  /** The page, with `{{csrf}}` and `{{message}}` to be filled in. */
  readonly page: string;
  readonly onRefused: () => void;
}

/** From one address; behind a proxy, from all of them. */
const triesPerMinute = 10;
const longestPassword = 1_024;

export function login(app: FastifyInstance, deps: LoginDeps): void {
  const { sessions, cookie, secure } = deps;
  const fromOurForm = app.csrfProtection.bind(app);
  // One try at a time: each takes 64 MiB for 0.2 s, and that is what an attacker would have as many of as they like.
  let turn: Promise<unknown> = Promise.resolve();
  const check = (password: string): Promise<boolean> => {
    const matches = turn.then(() => matchesPassword(password, deps.passwordHash));
    turn = matches.catch(() => {});
    return matches;
  };

  async function show(reply: FastifyReply, status: number, message: string): Promise<void> {
    const page = deps.page.replace('{{csrf}}', reply.generateCsrf()).replace('{{message}}', message);
    await reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page);
  }

  app.get('/login', (_, reply) => show(reply, 200, ''));

  app.post<{ Body: { readonly password?: unknown } | undefined }>(
    '/login',
    {
      preValidation: fromOurForm,
      config: { rateLimit: { max: triesPerMinute, timeWindow: '1 minute' } },
    },
    async (request, reply) => {
      const password = request.body?.password;
      const isRight = typeof password === 'string' && password.length <= longestPassword && (await check(password));
      if (!isRight) {
        deps.onRefused();
        return await show(reply, 401, 'That is not the password.');
      }
      reply.setCookie(cookie, sessions.open(), {
        path: '/',
        httpOnly: true,
        // Lax, not Strict: who follows a link from an alert's message is logged in, and nothing is changed by a GET.
        sameSite: 'lax',
        secure,
        maxAge: sessionHours * 3_600,
      });
      await reply.redirect('/', 303);
    },
  );

  app.post('/logout', { preValidation: fromOurForm }, async (request, reply) => {
    sessions.close(request.cookies[cookie]);
    reply.clearCookie(cookie, { path: '/' });
    await reply.redirect('/login', 303);
  });
}
