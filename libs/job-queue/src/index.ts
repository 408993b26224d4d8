export { aclRules, type QueueUse } from './acl.ts';
export { createJobQueue, type JobQueue, type JobQueueOptions, type QueueDepth } from './job-queue.ts';
export { type Consumer, type ConsumerOptions, type Delivery, type Outcome } from './consumer.ts';
export { type Leases } from './leases.ts';
export { type Announcement, type CountedReplica, type Figures, type Presence, type Replica } from './presence.ts';
export { type Publisher } from './publisher.ts';
