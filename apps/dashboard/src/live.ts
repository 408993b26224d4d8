import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Watch } from './watch.ts';

export interface LiveDeps {
  readonly watch: Watch;
  /** May this request still see it? Asked at each look, as a log-out must end a stream. */
  readonly isAllowed: (request: FastifyRequest) => boolean;
}

export interface Live {
  readonly viewers: number;
  close(): void;
}

const viewersMax = 50;

/**
 * `/live`: server-sent events. `history` first, the whole of it, so that a browser that connects again has no gap;
 * then `overview` each second and `point` each fifth.
 */
export function live(app: FastifyInstance, { watch, isAllowed }: LiveDeps): Live {
  const open = new Set<Readable>();
  app.get('/live', async (request, reply) => {
    if (open.size >= viewersMax) {
      return await reply.code(503).header('retry-after', '30').send({ message: 'Too many are looking.' });
    }
    const stream = new Readable({ read() {} });
    const say = (event: string, value: unknown): void => {
      // Nobody reads: a laptop that was shut. What is buffered must not grow.
      if (stream.readableLength > 4_194_304) stream.destroy();
      else stream.push(`event: ${event}\ndata: ${JSON.stringify(value)}\n\n`);
    };
    const stop = watch.onLook((overview, point) => {
      if (!isAllowed(request)) stream.push(null);
      else {
        if (point !== undefined) say('point', point);
        say('overview', overview);
      }
    });
    open.add(stream);
    stream.once('close', () => {
      stop();
      open.delete(stream);
    });
    request.raw.once('close', () => stream.destroy());
    stream.push('retry: 2000\n\n');
    say('history', watch.history.points);
    if (watch.overview !== undefined) say('overview', watch.overview);
    return await reply
      .type('text/event-stream; charset=utf-8')
      // Proxies would gather it.
      .header('x-accel-buffering', 'no')
      .header('cache-control', 'no-store')
      .send(stream);
  });
  return {
    get viewers() {
      return open.size;
    },
    close() {
      for (const stream of open) stream.destroy();
    },
  };
}
