import { Fault } from '@masque/fault';
import {
  closeEntry,
  closingOf,
  type KeyAccess,
  type KeyDescription,
  keyPaths,
  kmsPattern,
  type RoleAccess,
} from '@masque/key-files';
import {
  describeMaskKey,
  generateMaskKey,
  lineOf,
  type MaskKeyKind,
  parseMaskKey,
  readMaskKeys,
  type TokenLine,
} from '@masque/masking';
import { describeSealKey, generateSealKeys } from '@masque/sealing';
import { changeKeys } from './change.ts';
import { kindOf, type KeyKind, nameOf } from './kind.ts';
import {
  readRingFile,
  ringPath,
  roleAccess,
  type RingContent,
  type RingEntry,
  type RingFile,
  ringFiles,
} from './ring.ts';

export interface RotateOptions {
  readonly dir: string;
  /** Whose successor is made. Each may be left out where it is clear without. */
  readonly kind: Partial<KeyKind>;
  readonly reason: string;
  readonly access?: RoleAccess | undefined;
  /** The pair that a key service keeps, `kms:…`, for the private half of an RSA key. */
  readonly privateKey?: string | undefined;
}

/**
 * Makes a PENDING key of the same use, method and size as the PRIMARY one. Nothing uses it before it is promoted.
 * @throws {Fault} `key_kind_unknown`, `key_kind_ambiguous`, `key_pending`
 */
export async function rotateKey(options: RotateOptions): Promise<KeyDescription> {
  const { dir, kind, reason, access = {}, privateKey } = options;
  return changeKeys(dir, access, async (keys) => {
    const primary = choosePrimary(keys, kind);
    const pending = keys.find((key) => key.status === 'PENDING' && kindOf(key) === kindOf(primary));
    if (pending !== undefined) throw alreadyPending(pending);
    const { description, entries } = await generate(
      primary,
      privateKey === undefined ? undefined : { key: privateKey, access: access.custodian },
      await lineAfter(dir, primary, access.custodian),
    );
    const files = new Map<RingFile, RingContent>();
    for (const file of ringFiles[primary.use]) {
      const content = await readRingFile(dir, file, access);
      const entry = entries.get(file);
      if (entry === undefined) continue;
      files.set(file, {
        ...content,
        revision: content.revision + 1,
        keys: [
          ...content.keys,
          await closedLike(content.keys, entry, primary.kid, {
            path: ringPath(dir, file),
            access: roleAccess(file, access),
          }),
        ],
      });
    }
    return {
      audit: { verb: 'key_rotate', reason, count: 1, kids: [description.kid] },
      files,
      keys: [...keys, description],
      answer: description,
    };
  });
}

/** Its secrets stand in the file as those of the key that it is to follow. */
async function closedLike(
  entries: readonly RingEntry[],
  entry: RingEntry,
  primary: string,
  { path, access }: { readonly path: string; readonly access: KeyAccess | undefined },
): Promise<RingEntry> {
  const before = entries.find(({ kid }) => kid === primary);
  if (isRemote(before) && !isRemote(entry)) throw pairMissing(primary);
  const closing = before === undefined ? 'open' : closingOf(before);
  return { ...entry, ...(await closeEntry(path, entry, closing, access)) };
}

function isRemote(entry: RingEntry | undefined): boolean {
  const privateKey = entry?.['privateKey'];
  return typeof privateKey === 'string' && kmsPattern.test(privateKey);
}

function pairMissing(kid: string): Fault {
  return new Fault(
    'key_service_pair_missing',
    `the private half of ${kid} is kept by a key service, and so has to be the next`,
    {
      heals: false,
      setting: '--private-key',
      advice: 'Make a pair there, for ENCRYPT_DECRYPT and of the same size, and name it.',
      details: { kid },
    },
  );
}

interface Generated {
  readonly description: KeyDescription;
  readonly entries: ReadonlyMap<RingFile, RingEntry>;
}

async function generate(
  { use, method, bits }: KeyDescription,
  remote: { readonly key: string; readonly access: KeyAccess | undefined } | undefined,
  line: TokenLine | undefined,
): Promise<Generated> {
  const given = { status: 'PENDING' as const, created: new Date().toISOString() };
  if (use === 'mask') {
    const kind = { method, ...(bits === undefined ? {} : { bits }) } as MaskKeyKind;
    const { mask, unmask } = await generateMaskKey(kind, given, remote, line);
    const entries = new Map<RingFile, RingEntry>([
      ['custodian/mask', mask],
      ['masker/mask', mask],
    ]);
    if (unmask !== undefined) entries.set('custodian/unmask', unmask);
    return { description: describeMaskKey(parseMaskKey(mask), given.created), entries };
  }
  const { privateKey, ...half } = { ...(await generateSealKeys()), ...given };
  const [privateFile, publicFile] = ringFiles[use];
  return {
    description: describeSealKey(use, half),
    entries: new Map<RingFile, RingEntry>([
      [privateFile, { ...half, privateKey }],
      [publicFile, half],
    ]),
  };
}

/** What the next key takes over from this one, if anything. */
async function lineAfter(
  dir: string,
  { method, kid }: KeyDescription,
  access: KeyAccess | undefined,
): Promise<TokenLine | undefined> {
  if (method !== 'vault') return undefined;
  const keys = await readMaskKeys(keyPaths(dir).custodian.mask, access === undefined ? {} : { access });
  const key = keys.find((each) => each.kid === kid);
  return key === undefined ? undefined : lineOf(key);
}

function choosePrimary(keys: readonly KeyDescription[], wanted: Partial<KeyKind>): KeyDescription {
  const { use = 'mask', method, bits } = wanted;
  const fitting = keys.filter(
    (key) =>
      key.status === 'PRIMARY' &&
      key.use === use &&
      (method === undefined || key.method === method) &&
      (bits === undefined || key.bits === bits),
  );
  const [primary, second] = fitting;
  const primaries = keys.filter((key) => key.status === 'PRIMARY').map((key) => nameOf(key));
  if (primary === undefined) {
    throw new Fault('key_kind_unknown', `there is no PRIMARY key of that kind; there are: ${primaries.join('; ')}`, {
      heals: false,
      setting: '--use, --method, --bits',
      advice: 'Name the kind of one of these.',
    });
  }
  if (second !== undefined) {
    const kinds = fitting.map((key) => nameOf(key)).join('; ');
    throw new Fault('key_kind_ambiguous', `several keys could be meant: ${kinds}`, {
      heals: false,
      setting: '--method, --bits',
      advice: 'Say which by its method, and by its size where both are of one method.',
    });
  }
  return primary;
}

function alreadyPending(key: KeyDescription): Fault {
  return new Fault('key_pending', `the key ${key.kid} is PENDING already`, {
    heals: false,
    advice: 'Bring it everywhere and promote it, or retire it.',
    details: { kid: key.kid },
  });
}
