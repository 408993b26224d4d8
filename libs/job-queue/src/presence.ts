/**
 * Which replicas of which stage are there, and whether they work: what the gate, `masque status` and the dashboard
 * look at. One hash a pipeline, `<prefix>:<pipeline>:presence`, a field a replica. Redis's own clock dates the entries,
 * so that machines whose clocks differ agree on who is gone; each beat sweeps out those that are.
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

export interface Announcement {
  readonly pipeline: string;
  readonly stage: string;
  readonly replica: string;
  readonly state: () => string;
  readonly details?: () => readonly string[];
  /** Told after every beat, this replica included. */
  readonly onReplicas?: (replicas: readonly Replica[]) => void;
  /** Default 1,000. A replica counts as gone after five beats. */
  readonly everyMs?: number;
}

export interface Presence {
  /** Beats until stopped; stopping takes the entry away. A beat that fails is left to the next. */
  announce(announcement: Announcement): { stop(): Promise<void> };
  replicas(pipeline: string): Promise<readonly Replica[]>;
}

const goneAfterBeats = 5;
const defaultEveryMs = 1_000;

/** KEYS[1] the hash; ARGV: field or '' to only look, state, milliseconds until gone. Answers field, state, … */
const beatScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[1] ~= '' then
  redis.call('HSET', KEYS[1], ARGV[1], (now + ARGV[3]) .. ' ' .. ARGV[2])
end
local entries = redis.call('HGETALL', KEYS[1])
local live = {}
for at = 1, #entries, 2 do
  local ends, state = string.match(entries[at + 1], '^(%d+) (.*)$')
  if ends and tonumber(ends) >= now then
    live[#live + 1] = entries[at]
    live[#live + 1] = state
  elseif ARGV[1] ~= '' then
    redis.call('HDEL', KEYS[1], entries[at])
  end
end
return live`;

export function createPresence(connections: Connections, prefix: string): Presence {
  const redis = connections.producer;
  const keyOf = (pipeline: string): string => `${prefix}:${pipeline}:presence`;

  async function beat(pipeline: string, field: string, state: string, goneAfterMs: number): Promise<Replica[]> {
    const live = (await redis.eval(beatScript, 1, keyOf(pipeline), field, state, goneAfterMs)) as string[];
    const replicas: Replica[] = [];
    for (let at = 0; at + 1 < live.length; at += 2) {
      const [, stage = '', replica = ''] = /^([^/]*)\/(.*)$/.exec(live[at] ?? '') ?? [];
      const [state = '', ...details] = (live[at + 1] ?? '').split(' ');
      replicas.push({ stage, replica, state, details });
    }
    return replicas;
  }

  return {
    announce({ pipeline, stage, replica, state, details, onReplicas, everyMs = defaultEveryMs }) {
      const stopped = new AbortController();
      const field = `${stage}/${replica}`;
      const run = async (): Promise<void> => {
        while (!stopped.signal.aborted) {
          try {
            const replicas = await beat(
              pipeline,
              field,
              [state(), ...(details?.() ?? [])].join(' '),
              everyMs * goneAfterBeats,
            );
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
          await redis.hdel(keyOf(pipeline), field).catch(() => {});
        },
      };
    },
    async replicas(pipeline) {
      try {
        return await beat(pipeline, '', '', 0);
      } catch (error) {
        throw connections.toFault(error);
      }
    },
  };
}
