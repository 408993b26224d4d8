import { queueName } from '@masque/handoff';
import type { Connections } from './connection.ts';

/** Bytes of the batches on some queues, as Redis holds their data. */
export type WeightReader = (pipeline: string, handoffs: readonly string[]) => Promise<number>;

/**
 * KEYS: wait, active and delayed of each queue. ARGV[1]: batches looked at from either end of each; those between are
 * taken to weigh as much on average, so that a long queue costs no more to weigh than a short one. With 100 batches
 * everything is looked at, in 0.1 ms.
 */
const weighScript = `
local ends = tonumber(ARGV[1])
local total = 0
for at, key in ipairs(KEYS) do
  local queue, kind = string.match(key, '^(.*:)([a-z]+)$')
  local count = redis.call(kind == 'delayed' and 'ZCARD' or 'LLEN', key)
  local range = kind == 'delayed' and 'ZRANGE' or 'LRANGE'
  local parts = count <= 2 * ends and { { 0, -1 } } or { { 0, ends - 1 }, { -ends, -1 } }
  local bytes, seen = 0, 0
  for _, part in ipairs(parts) do
    for _, id in ipairs(redis.call(range, key, part[1], part[2])) do
      bytes = bytes + redis.call('HSTRLEN', queue .. id, 'data')
      seen = seen + 1
    end
  end
  if seen > 0 then total = total + bytes * count / seen end
end
return math.floor(total)`;

const looksAtEnds = 50;

export function createWeightReader(connections: Connections, prefix: string): WeightReader {
  return async (pipeline, handoffs) => {
    const keys = handoffs.flatMap((handoff) =>
      ['wait', 'active', 'delayed'].map((kind) => `${prefix}:${queueName(pipeline, handoff)}:${kind}`),
    );
    try {
      return Number(await connections.producer.eval(weighScript, keys.length, ...keys, looksAtEnds));
    } catch (error) {
      throw connections.toFault(error);
    }
  };
}
