import type { QueueUse } from '@masque/job-queue/acl';

/** Each part's share of Redis: the column of ARCHITECTURE.md's “Who may see what”. */
export const redisUsers: Readonly<Record<string, QueueUse>> = {
  extractor: { works: ['extracted', 'settled'], watches: ['masked'], leases: 'keeps', presence: 'announces' },
  masker: { works: ['extracted', 'masked'], watches: [], leases: 'sees', presence: 'announces' },
  loader: { works: ['masked', 'settled'], watches: [], leases: 'none', presence: 'announces' },
  dashboard: { works: [], watches: [], leases: 'none', presence: 'looks', readsAll: true },
  /** For `masque status`. */
  custodian: {
    works: [],
    watches: ['extracted', 'masked', 'settled'],
    dates: true,
    leases: 'none',
    presence: 'looks',
  },
};
