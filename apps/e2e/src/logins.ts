import { randomUUID } from 'node:crypto';

/** A login as the challenge sends it, with a user of its own, so that its row can be told from all others. */
export function aLogin(over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    user_id: randomUUID(),
    app_version: '2.3.0',
    device_type: 'android',
    ip: '198.51.100.7',
    locale: 'DE',
    device_id: '593-47-5928',
    ...over,
  };
}

export interface Traffic {
  readonly bodies: readonly string[];
  /** `user_id` of every login that must become a row. */
  readonly users: readonly string[];
  readonly bad: number;
}

/** Good logins with some repeated and some unique values, and every tenth message bad in one of several ways. */
export function traffic(count: number): Traffic {
  const users: string[] = [];
  const bodies = Array.from({ length: count }, (_, at) => {
    if (at % 10 === 9) return badBodies[Math.floor(at / 10) % badBodies.length] ?? '';
    const login = aLogin({ ip: `198.18.${at % 7}.${at % 251}`, device_id: `device-${at % 400}` });
    users.push(String(login['user_id']));
    return JSON.stringify(login);
  });
  return { bodies, users, bad: Math.floor(count / 10) };
}

const badBodies = [
  'not json',
  '[]',
  '{"foo": "oops_wrong_msg_type", "bar": "123"}',
  JSON.stringify(aLogin({ ip: 'no address' })),
  JSON.stringify(aLogin({ app_version: '1.2.3.4' })),
  JSON.stringify(aLogin({ device_id: null })),
];
