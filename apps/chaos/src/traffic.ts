import type { ReasonCode } from '@masque/pipeline';
import type { Random } from './random.ts';
import { sentinels } from './sentinels.ts';

/** One message to send, and the one place where it must end. */
export type Message = Good | Bad;

export interface Good {
  readonly body: string;
  /** Its `user_id`, as many rows as messages have it. */
  readonly user: string;
  readonly address: string;
  readonly device: string;
}

export interface Bad {
  readonly body: string;
  readonly reason: ReasonCode;
}

/** PostgreSQL refuses the rows of this user, by a rule of the table's owner. */
export const refusedUser = 'a-user-that-the-owner-refuses';

/** One in so many is bad; of the others one in so many is sent twice, as two messages. */
const badEvery = 12;
const twiceEvery = 20;

/** Messages without end, the same for the same seed. @param crowd begins every `user_id`, so that crowds don't mix */
export function* traffic(random: Random, crowd: string): Generator<Message, never> {
  let bads = 0;
  for (let at = 0; ; at += 1) {
    if (at % badEvery === badEvery - 1) {
      yield badMessages[bads % badMessages.length] as Bad;
      bads += 1;
      continue;
    }
    const message = aLogin(random, crowd, at);
    yield message;
    if (at % twiceEvery === twiceEvery - 1) yield message;
  }
}

function aLogin(random: Random, crowd: string, at: number): Good {
  // Some values recur often, some never: equal ones must give equal tokens whoever masks them, and only those.
  const address =
    random.next() < 0.4
      ? `${sentinels.address}${random.between(1, 200)}`
      : `${sentinels.address6}1:${((at >> 12) + 1).toString(16)}:${((at & 4_095) + 1).toString(16)}:1:1`;
  const device = `${sentinels.device}${random.next() < 0.4 ? random.between(1, 500) : `only-${at}`}`;
  const user = `${crowd}-${at}`;
  return { user, address, device, body: JSON.stringify(login({ user_id: user, ip: address, device_id: device })) };
}

function login(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    user_id: 'nobody',
    app_version: '2.3.0',
    device_type: 'android',
    ip: `${sentinels.address}7`,
    locale: 'DE',
    device_id: `${sentinels.bad}device`,
    ...over,
  };
}

const { app_version: _, ...withoutVersion } = login();

/**
 * One of every reason that a message of this pipeline can be refused for. Not among them: `not_utf8`, as SQS takes
 * only text; `invalid_value` and `out_of_range`, as its schema has no rules and its fields no numbers.
 */
export const badMessages: readonly Bad[] = [
  { reason: 'not_json', body: `{"user_id": "${sentinels.bad}broken"` },
  { reason: 'not_an_object', body: JSON.stringify([sentinels.bad]) },
  { reason: 'nesting_too_deep', body: `{"user_id":${'['.repeat(40)}"${sentinels.bad}"${']'.repeat(40)}}` },
  { reason: 'duplicate_key', body: JSON.stringify(login()).replace('{', `{"device_id":"${sentinels.bad}",`) },
  { reason: 'proto_key', body: JSON.stringify(login()).replace('{', `{"__proto__":{"x":"${sentinels.bad}"},`) },
  { reason: 'wrong_kind', body: JSON.stringify({ ping: sentinels.bad }) },
  { reason: 'missing_field', body: JSON.stringify(withoutVersion) },
  { reason: 'null_field', body: JSON.stringify(login({ ip: null })) },
  { reason: 'wrong_type', body: JSON.stringify(login({ device_id: [sentinels.bad] })) },
  { reason: 'nul_character', body: JSON.stringify(login({ user_id: `${sentinels.bad}\0` })) },
  { reason: 'lone_surrogate', body: JSON.stringify(login({ user_id: `${sentinels.bad}\ud800` })) },
  { reason: 'too_long', body: JSON.stringify(login({ locale: sentinels.bad.repeat(4) })) },
  { reason: 'empty_value', body: JSON.stringify(login({ device_id: ' ' })) },
  { reason: 'not_an_address', body: JSON.stringify(login({ ip: `${sentinels.bad}address` })) },
  { reason: 'malformed_version', body: JSON.stringify(login({ app_version: `${sentinels.bad}version` })) },
  { reason: 'version_out_of_range', body: JSON.stringify(login({ app_version: '1.1000.1' })) },
  { reason: 'refused_by_database', body: JSON.stringify(login({ user_id: refusedUser })) },
  { reason: 'body_too_large', body: JSON.stringify(login({ padding: sentinels.bad.repeat(17_000) })) },
];
