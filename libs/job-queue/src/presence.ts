/**
 * Which replicas of which stage are there, and whether they work: what the gate, `masque status` and the dashboard
 * look at. One hash a pipeline, `<prefix>:<pipeline>:presence`, a field a replica. Redis's own clock dates the entries,
 * so that machines whose clocks differ agree on who is gone; each beat sweeps out those that are.
 *
 * What a replica has counted is in a hash of its own, `…:figures`, since a beat answers with every entry: a hundred
 * replicas would send each other a hundred times what only a dashboard reads.
 *
 * Lost with a flushed Redis and whole again a second later.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Connections } from './connection.ts';

export interface Replica {
  readonly stage: string;
  readonly replica: string;
  /** `working`, or the code of what it waits for. */
  readonly state: string;
  /** What else it says of itself: words without a value, such as fingerprints of the keys it masks with. */
  readonly details: readonly string[];
}

/** Numbers by their names in the stage's /metrics, with labels and without those that all of its series have. */
export type Figures = Readonly<Record<string, number>>;

export interface CountedReplica extends Replica {
  /** When it said so: epoch milliseconds of Redis's clock. A rate is the difference of two figures over that of these. */
  readonly at: number;
  readonly figures: Figures;
}

export interface Announcement {
  readonly pipeline: string;
  readonly stage: string;
  readonly replica: string;
  readonly state: () => string;
  readonly details?: () => readonly string[];
  /** A few of its metrics, chosen for who has no way to scrape it. */
  readonly figures?: () => Promise<Figures>;
  /** Told after every beat, this replica included. */
  readonly onReplicas?: (replicas: readonly Replica[]) => void;
  /** Default 1,000. A replica counts as gone after five beats. */
  readonly everyMs?: number;
}

export interface Presence {
  /** Beats until stopped; stopping takes the entry away. A beat that fails is left to the next. */
  announce(announcement: Announcement): { stop(): Promise<void> };
  replicas(pipeline: string): Promise<readonly Replica[]>;
  /** The same with what they have counted; one that has said no figures has none. */
  counted(pipeline: string): Promise<readonly CountedReplica[]>;
}

const goneAfterBeats = 5;
const defaultEveryMs = 1_000;

/**
 * KEYS[1] the hash, KEYS[2] that of figures; ARGV: field, state, milliseconds until gone, figures.
 * Answers field, state, …
 */
const beatScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], (now + ARGV[3]) .. ' ' .. ARGV[2])
redis.call('HSET', KEYS[2], ARGV[1], now .. ' ' .. ARGV[4])
local entries = redis.call('HGETALL', KEYS[1])
local live = {}
for at = 1, #entries, 2 do
  local ends, state = string.match(entries[at + 1], '^(%d+) (.*)$')
  if ends and tonumber(ends) >= now then
    live[#live + 1] = entries[at]
    live[#live + 1] = state
  else
    redis.call('HDEL', KEYS[1], entries[at])
    redis.call('HDEL', KEYS[2], entries[at])
  end
end
return live`;

export function createPresence(connections: Connections, prefix: string): Presence {
  const redis = connections.producer;
  const keyOf = (pipeline: string): string => `${prefix}:${pipeline}:presence`;
  const figuresKeyOf = (pipeline: string): string => `${prefix}:${pipeline}:figures`;

  async function beat(pipeline: string, field: string, state: string, goneAfterMs: number, figures: Figures) {
    const keys = [keyOf(pipeline), figuresKeyOf(pipeline)];
    const live = await redis.eval(beatScript, 2, ...keys, field, state, goneAfterMs, JSON.stringify(figures));
    return readReplicas(live as string[]);
  }

  /** Without a script, so that a user who may only read can look. */
  async function look(pipeline: string): Promise<Replica[]> {
    try {
      const [[seconds, microseconds], entries] = await Promise.all([redis.time(), redis.hgetall(keyOf(pipeline))]);
      const now = Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
      const live = Object.entries(entries).flatMap(([field, entry]) => {
        const [, ends, state = ''] = /^(\d+) (.*)$/.exec(entry) ?? [];
        return Number(ends) >= now ? [field, state] : [];
      });
      return readReplicas(live);
    } catch (error) {
      throw connections.toFault(error);
    }
  }

  async function lookAtFigures(pipeline: string): Promise<Record<string, string>> {
    try {
      return await redis.hgetall(figuresKeyOf(pipeline));
    } catch (error) {
      throw connections.toFault(error);
    }
  }

  return {
    announce({ pipeline, stage, replica, state, details, figures, onReplicas, everyMs = defaultEveryMs }) {
      const stopped = new AbortController();
      const field = `${stage}/${replica}`;
      const run = async (): Promise<void> => {
        while (!stopped.signal.aborted) {
          try {
            const words = [state(), ...(details?.() ?? [])].join(' ');
            const replicas = await beat(pipeline, field, words, everyMs * goneAfterBeats, (await figures?.()) ?? {});
            onReplicas?.(replicas);
          } catch (error) {
            connections.report(error);
          }
          await sleep(everyMs, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
        }
      };
      const running = run();
      return {
        async stop() {
          stopped.abort();
          await running;
          const entries = redis.multi().hdel(keyOf(pipeline), field).hdel(figuresKeyOf(pipeline), field);
          await entries.exec().catch(() => {});
        },
      };
    },
    replicas: (pipeline) => look(pipeline),
    async counted(pipeline) {
      const [replicas, entries] = await Promise.all([look(pipeline), lookAtFigures(pipeline)]);
      return replicas.map((each) => Object.assign(each, readFigures(entries[`${each.stage}/${each.replica}`])));
    },
  };
}

/** From field, state, field, state, … */
function readReplicas(live: readonly string[]): Replica[] {
  const replicas: Replica[] = [];
  for (let at = 0; at + 1 < live.length; at += 2) {
    const [, stage = '', replica = ''] = /^([^/]*)\/(.*)$/.exec(live[at] ?? '') ?? [];
    const [state = '', ...details] = (live[at + 1] ?? '').split(' ');
    replicas.push({ stage, replica, state, details });
  }
  return replicas;
}

/** Redis may hold what another release wrote: anything but numbers is left out. */
function readFigures(entry = ''): Pick<CountedReplica, 'at' | 'figures'> {
  const [, at = '0', text = ''] = /^(\d+) (.*)$/.exec(entry) ?? [];
  try {
    const read = Object.entries(JSON.parse(text) as object).filter(([, value]) => Number.isFinite(value));
    return { at: Number(at), figures: Object.fromEntries(read) as Figures };
  } catch {
    return { at: Number(at), figures: {} };
  }
}
