import { Fault } from '@masque/fault';
import { type KeyDescription, type KeyStatus, mayBecome, type RoleAccess } from '@masque/key-files';
import { changeKeys, type Plan } from './change.ts';
import { kindOf } from './kind.ts';
import { readRingFile, type RingContent, type RingEntry, type RingFile, ringFiles } from './ring.ts';

export interface LifecycleOptions {
  readonly dir: string;
  readonly kid: string;
  /** For the audit log. */
  readonly reason: string;
  /** What opens closed secrets: the files are read before they are changed. */
  readonly access?: RoleAccess | undefined;
  /** Asked before anything happens; what it throws stops the change. */
  readonly allow?: (key: KeyDescription) => Promise<void>;
  /** Told once the audit log has it, before any file changes: the key, and all keys, as they will be. */
  readonly record?: (key: KeyDescription, keys: readonly KeyDescription[]) => Promise<void>;
}

export interface Moved {
  readonly key: KeyDescription;
  readonly from: KeyStatus;
  /** The key that was PRIMARY before. */
  readonly former?: KeyDescription;
}

/**
 * Makes a PENDING key, or an ENABLED one again, PRIMARY; the one that was becomes ENABLED, in the same step.
 * @throws {Fault} `key_unknown`, `key_status`
 */
export async function promoteKey(options: LifecycleOptions): Promise<Moved> {
  return move(options, 'key_promote', 'PRIMARY');
}

/** Refuses its tokens from now on; `undo` takes them again. @throws {Fault} `key_unknown`, `key_status` */
export async function retireKey(options: LifecycleOptions & { readonly undo?: boolean }): Promise<Moved> {
  return options.undo === true ? move(options, 'key_retire_undo', 'ENABLED') : move(options, 'key_retire', 'DISABLED');
}

/** Takes the secret out of every file here. @throws {Fault} `key_unknown`, `key_status` */
export async function destroyKey(options: LifecycleOptions): Promise<Moved> {
  return move(options, 'key_destroy', 'DESTROYED');
}

/** A key that has arrived already is left as it is: a command may be given again. */
async function move(options: LifecycleOptions, verb: string, to: KeyStatus): Promise<Moved> {
  const { dir, kid, reason, access = {}, allow, record } = options;
  return changeKeys(dir, access, async (keys): Promise<Plan<Moved>> => {
    const key = keys.find((each) => each.kid === kid);
    if (key === undefined) throw unknownKey(kid, keys);
    if (key.status === to) return { answer: { key, from: key.status } };
    if (!mayBecome(key.status, to)) throw wrongStatus(key, to);
    await allow?.(key);

    const statuses = new Map([[kid, to]]);
    const former = to === 'PRIMARY' ? keys.find((each) => isPrimaryLike(each, key)) : undefined;
    if (former !== undefined) statuses.set(former.kid, 'ENABLED');
    const changed = keys.map((each) => Object.assign({}, each, { status: statuses.get(each.kid) ?? each.status }));
    assertOnePrimary(changed);

    const files = new Map<RingFile, RingContent>();
    for (const file of ringFiles[key.use]) {
      const content = await readRingFile(dir, file, access);
      const entries = content.keys.flatMap((entry) => moved(file, entry, statuses.get(entry.kid), key.fingerprint));
      files.set(file, { ...content, revision: content.revision + 1, keys: entries });
    }
    const arrived: KeyDescription = { ...key, status: to };
    return {
      audit: { verb, reason, count: 1, kids: [kid] },
      ...(record === undefined ? {} : { record: () => record(arrived, changed) }),
      files,
      keys: changed,
      answer: { key: arrived, from: key.status, ...(former === undefined ? {} : { former }) },
    };
  });
}

function isPrimaryLike(each: KeyDescription, key: KeyDescription): boolean {
  return each.status === 'PRIMARY' && kindOf(each) === kindOf(key);
}

function assertOnePrimary(keys: readonly KeyDescription[]): void {
  const primaries = keys.filter(({ status }) => status === 'PRIMARY').map((key) => kindOf(key));
  if (new Set(primaries).size !== primaries.length) throw new Error('two PRIMARY keys of one kind');
}

/** An entry with its new status; of a destroyed key what is not secret, and no private half at all. */
function moved(
  file: RingFile,
  entry: RingEntry,
  status: KeyStatus | undefined,
  fingerprint: string,
): readonly RingEntry[] {
  if (status === undefined) return [entry];
  if (status !== 'DESTROYED') return [{ ...entry, status }];
  if (file === 'custodian/unmask') return [];
  const { kid, created } = entry;
  const method = 'method' in entry ? { method: entry['method'] } : {};
  return [{ kid, ...method, status, created, fingerprint }];
}

function unknownKey(kid: string, keys: readonly KeyDescription[]): Fault {
  return new Fault('key_unknown', `there is no key ${kid}; there are ${keys.map((key) => key.kid).join(', ')}`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: '`masque keys list` shows them with what they are for.',
    details: { kid },
  });
}

const ways: Readonly<Partial<Record<KeyStatus, string>>> = {
  PRIMARY: 'Promote another key of its kind first (`masque keys rotate` makes one).',
  PENDING: 'Retire it first.',
  ENABLED: 'Retire it first.',
  DISABLED: '`masque keys retire --undo` makes it ENABLED again.',
  DESTROYED: 'Nothing brings it back.',
};

function wrongStatus({ kid, status }: KeyDescription, to: KeyStatus): Fault {
  return new Fault('key_status', `the key ${kid} is ${status}, and cannot become ${to} from there`, {
    heals: false,
    advice: ways[status] ?? '',
    details: { kid, status },
  });
}
