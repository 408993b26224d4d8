import { queueName } from '@masque/handoff';

/** What a user of Redis does with one pipeline's keys. */
export interface QueueUse {
  /** Handoffs whose batches it adds or takes. BullMQ's scripts read and write on either side, so both are whole. */
  readonly works: readonly string[];
  /** Handoffs of which it sees how deep their queues are, and which batches are there, and no batch itself. */
  readonly watches: readonly string[];
  /** And how old the batches there are: a field of each batch, which cannot be told from its other fields. */
  readonly dates?: true;
  readonly leases: 'keeps' | 'sees' | 'none';
  /** Whether it says that it is there, or only looks who is. */
  readonly presence: 'announces' | 'looks';
  /** Reads all of the pipeline's keys, batches included, as Bull Board does. */
  readonly readsAll?: true;
}

/** What a connection needs before it does anything; INFO is what `check` and BullMQ go by. */
const connecting = ['+ping', '+select', '+client|setname', '+info', '+multi', '+exec', '+time'];

/** Categories rather than commands: an update of BullMQ may use another command on a list, and only on its own keys. */
const working = ['@hash', '@list', '@set', '@sortedset', '@string', '@stream']
  .map((category) => `+${category}`)
  .concat('+del', '+exists', '+pexpire', '+pttl', '+eval', '+evalsha', '-@dangerous');

/**
 * Rules for `ACL SETUSER`, of Redis 7 or Valkey: earlier ones know no selectors. They start from nothing and leave the
 * user's passwords as they are. A script may do what its user may, so a reader that may EVAL still writes nothing.
 */
export function aclRules(prefix: string, pipeline: string, use: QueueUse): string[] {
  const key = (name: string): string => `${glob(prefix)}:${glob(name)}`;
  const queue = (handoff: string): string => `${key(queueName(pipeline, handoff))}:*`;
  const own = [
    ...use.works.map(queue),
    ...(use.leases === 'keeps' ? [`${key(pipeline)}:lease:*`] : []),
    ...(use.presence === 'announces' ? ['presence', 'figures'].map((name) => `${key(pipeline)}:${name}`) : []),
  ];
  const selectors = [
    // Its own too: one command may ask for keys of several queues, and one selector must allow all of them.
    ...(use.watches.length > 0 ? [selector(seeing(use), [...use.works, ...use.watches].map(queue))] : []),
    ...(use.leases === 'sees' ? [selector(['exists'], [`${key(pipeline)}:lease:*`])] : []),
    ...(use.presence === 'looks'
      ? [selector(['hgetall'], [`${key(pipeline)}:presence`, `${key(pipeline)}:figures`])]
      : []),
  ];
  const reading = use.readsAll === true ? ['+@read', '+eval', '+evalsha', '-@dangerous', `~${key(pipeline)}[.:]*`] : [];
  return [
    'resetkeys',
    'resetchannels',
    'clearselectors',
    '-@all',
    ...(own.length > 0 ? working : []),
    ...reading,
    ...connecting,
    ...own.map((pattern) => `~${pattern}`),
    ...selectors,
  ];
}

function seeing({ dates }: QueueUse): string[] {
  return ['llen', 'zcard', 'exists', ...(dates === true ? ['lindex', 'zrange', 'hget'] : [])];
}

function selector(commands: readonly string[], patterns: readonly string[]): string {
  return `(${[...commands.map((command) => `+${command}`), ...patterns.map((pattern) => `%R~${pattern}`)].join(' ')})`;
}

/** A name as a pattern that matches it: what a pattern, or the rules' own syntax, would take for more is any one character. */
function glob(name: string): string {
  return name.replaceAll(/[\s*?[\]\\()"']/g, '?');
}
