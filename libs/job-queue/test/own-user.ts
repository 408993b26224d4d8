import { uniqueName } from '@masque/local-stack/testing';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { aclRules, type QueueUse } from '../src/index.ts';

export interface OwnUsers {
  readonly prefix: string;
  readonly admin: Redis;
  /** Creates a user with these rights on `post`, and answers the URL with which it connects. */
  readonly create: (use: Partial<QueueUse>) => Promise<string>;
  /** What Redis refused any of them: `key` or `command`, and which. */
  readonly refusals: () => Promise<string[]>;
}

export const password = 'secret of a user';

/** Users of this test's own, who go with it. */
export function ownUsers(redisUrl: string): OwnUsers {
  const prefix = uniqueName('acl');
  const admin = new Redis(redisUrl);
  const names: string[] = [];
  onTestFinished(async () => {
    if (names.length > 0) await admin.acl('DELUSER', ...names);
    admin.disconnect();
  });
  return {
    prefix,
    admin,
    async create(use) {
      const name = uniqueName(prefix);
      const rules = aclRules(prefix, 'post', { works: [], watches: [], leases: 'none', presence: 'looks', ...use });
      await admin.acl('SETUSER', name, 'on', `>${password}`, ...rules);
      names.push(name);
      const url = new URL(redisUrl);
      url.username = name;
      url.password = password;
      return url.href;
    },
    async refusals() {
      const log: unknown = await admin.acl('LOG');
      const entries = (log as (string | number)[][]).map((each) => {
        const field = (name: string): string => String(each[each.indexOf(name) + 1]);
        return { user: field('username'), what: `${field('reason')} ${field('object')}` };
      });
      return entries.filter(({ user }) => names.includes(user)).map(({ what }) => what);
    },
  };
}
