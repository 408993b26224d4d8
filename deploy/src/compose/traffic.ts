import { randomUUID } from 'node:crypto';
import { setInterval } from 'node:timers/promises';
import type { Feed } from './engine.ts';

export interface Sent {
  readonly good: number;
  /** Of the wrong kind: they belong in quarantine. */
  readonly bad: number;
}

export interface Traffic {
  /** Resolves once everything is sent, and no sooner than so many messages. */
  end(atLeast: number): Promise<Sent>;
}

const everyMs = 200;
const atOnce = 20;

/** Sends logins, 100 a second, until it is ended. */
export function startTraffic(feed: Feed): Traffic {
  let sent = 0;
  let wanted = Infinity;
  const flowing = (async () => {
    for await (const _ of setInterval(everyMs)) {
      feed.write(logins(sent, atOnce));
      sent += atOnce;
      if (sent >= wanted) return;
    }
  })();
  return {
    async end(atLeast) {
      wanted = atLeast;
      await flowing;
      await feed.end();
      const bad = Math.floor(sent / 50);
      return { good: sent - bad, bad };
    },
  };
}

/** Each user once, so that a row that is missing or there twice shows. One in fifty is no login. */
function logins(from: number, count: number): string {
  const bodies = Array.from({ length: count }, (_, at) =>
    (from + at) % 50 === 49 ? { ping: from + at } : aLogin(from + at),
  );
  return bodies.map((body) => `${JSON.stringify(body)}\n`).join('');
}

function aLogin(at: number): object {
  return {
    user_id: randomUUID(),
    app_version: '2.3.0',
    device_type: 'android',
    // Of the block that RFC 2544 sets aside for tests; every one of them recurs.
    ip: `198.18.${at % 4}.${at % 250}`,
    locale: null,
    device_id: `000-00-${String(at % 500).padStart(4, '0')}`,
  };
}
