import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Fault, toFault } from '@masque/fault';
import { isUsable, type KeyAccess, type KeyDescription, keyPaths, type RoleAccess } from '@masque/key-files';
import { createUnmasker } from '@masque/masking';
import { createOpener, readSealPrivateKeys } from '@masque/sealing';
import { isInterrupted } from './change.ts';
import { openCustodianKeys } from './custodian-keys.ts';
import { type Member, readMembers } from './members.ts';
import { signerOf } from './open-signer.ts';
import { readRingKeys, roleAccess, type RingFile, ringFiles, ringPath } from './ring.ts';

export interface Finding {
  /** `masker/mask`, `keys.json`, `masque.keys`, …: where it is. */
  readonly where: string;
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

export interface CheckReport {
  /** Folders of roles that are here. */
  readonly roles: readonly string[];
  readonly keys: readonly KeyDescription[];
  /** Nothing is wrong when there are none. */
  readonly findings: readonly Finding[];
}

/** What `masque.keys` says of a key. */
export interface RecordedKey {
  readonly kid: string;
  readonly method: string;
  readonly fingerprint: string;
  readonly retiredAt: number | null;
}

export interface CheckOptions {
  /** What `masque.keys` says. */
  readonly recorded?: readonly RecordedKey[] | undefined;
  /** Default: what the custodian's folder signs with, if it is here. */
  readonly signer?: string | undefined;
  readonly access?: RoleAccess | undefined;
}

/**
 * Looks at every file of the roles that are here as its role would: modes, content, signatures, pairs; and whether all say the same
 * of each key as `keys.json` and, where it is given, `masque.keys`. It changes nothing.
 */
export async function checkKeys(dir: string, options: CheckOptions = {}): Promise<CheckReport> {
  const { recorded, access = {} } = options;
  const findings: Finding[] = [];
  const attempt = async <T>(where: string, look: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await look();
    } catch (error) {
      findings.push(toFinding(where, toFault(error)));
      return undefined;
    }
  };
  const described = (await attempt('keys.json', () => readRingKeys(dir))) ?? [];
  const signer = options.signer ?? (await attempt('custodian/sign.private', () => signerOf(dir)));
  const { extractor, masker, custodian } = keyPaths(dir);
  const folders = { extractor: extractor.sealPublic, masker: masker.mask, custodian: custodian.mask };
  const roles = Object.entries(folders).flatMap(([role, file]) => (existsSync(dirname(file)) ? [role] : []));
  if (roles.length === 0) findings.push(toFinding(dir, nothingHere(dir)));

  for (const file of Object.values(ringFiles).flat()) {
    if (!roles.includes(roleOf(file))) continue;
    const members = await attempt(file, () => readMembers(dir, file, { signer, access: roleAccess(file, access) }));
    if (members !== undefined && described.length > 0) findings.push(...disagreements(file, members, described));
  }
  // What is wrong with a file by itself has been said.
  if (roles.includes('custodian') && findings.length === 0) {
    await attempt('custodian/unmask', () => checkPairs(dir, access.custodian));
    await attempt('custodian/quarantine.private', () => openSeals(dir, 'custodian/quarantine.private', access));
  }
  if (roles.includes('masker') && findings.length === 0) {
    await attempt('masker/seal.private', () => openSeals(dir, 'masker/seal.private', access));
  }
  if ((await attempt(interrupted.where, () => isInterrupted(dir))) === true) findings.push(interrupted);
  if (recorded !== undefined) findings.push(...differences(described, recorded));
  return { roles, keys: described, findings };
}

function roleOf(file: RingFile): string {
  return file.slice(0, file.indexOf('/'));
}

/** The halves of each pair belong together, and none that opens tokens is missing. */
async function checkPairs(dir: string, access: KeyAccess | undefined): Promise<void> {
  const keys = await openCustodianKeys(dir, access);
  createUnmasker({ mask: {}, ...keys });
  const lonely = keys.maskKeys.find(
    ({ kid, method }) =>
      (method === 'rsa' || method === 'vault') && keys.unmaskKeys.every((unmaskKey) => unmaskKey.kid !== kid),
  );
  if (lonely === undefined) return;
  throw new Fault('key_half_missing', `the key ${lonely.kid} has no private half`, {
    heals: false,
    advice: 'Nobody can open its tokens: restore custodian/unmask.json from its copy.',
    details: { kid: lonely.kid },
  });
}

async function openSeals(dir: string, file: RingFile, access: RoleAccess): Promise<void> {
  createOpener(await readSealPrivateKeys(ringPath(dir, file), { access: roleAccess(file, access) }));
}

function disagreements(file: RingFile, members: readonly Member[], described: readonly KeyDescription[]): Finding[] {
  const finding = (kid: string, what: string): Finding => ({
    where: file,
    code: 'key_files_disagree',
    message: `the key ${kid} ${what}`,
    advice: 'One of the two is of another time or of other keys: bring both from the folder that was changed last.',
  });
  return members.flatMap(({ kid, status, fingerprint }) => {
    const key = described.find((each) => each.kid === kid);
    if (key === undefined) return [finding(kid, 'is not in keys.json')];
    if (key.status !== status) return [finding(kid, `is ${status} here, and ${key.status} in keys.json`)];
    const differs = fingerprint !== undefined && fingerprint !== key.fingerprint;
    return differs ? [finding(kid, 'has another fingerprint than in keys.json')] : [];
  });
}

function differences(described: readonly KeyDescription[], recorded: readonly RecordedKey[]): Finding[] {
  const known = described.filter(({ use }) => use === 'mask');
  return [
    ...recorded.flatMap(({ kid, fingerprint, retiredAt }) => {
      const key = known.find((each) => each.kid === kid);
      if (key === undefined) {
        const advice = 'Tokens of it are in the table, and nothing here opens them: find its files.';
        return [recordFinding('key_missing', `the key ${kid} is recorded, and not in keys.json`, advice)];
      }
      if (key.fingerprint !== fingerprint) {
        const advice = 'Equal values would stop giving equal tokens: find the files that the table was masked with.';
        return [recordFinding('key_differs', `the key ${kid} is recorded with another fingerprint`, advice)];
      }
      if ((retiredAt === null) === isUsable(key)) return [];
      const what = `the key ${kid} is ${key.status}, and recorded as ${retiredAt === null ? 'in use' : 'retired'}`;
      return [recordFinding('key_differs', what, 'Give the command that retires it, or undoes that, once more.')];
    }),
    ...known
      .filter(({ kid, method, status }) => status === 'PRIMARY' && isStranger(kid, method, recorded))
      .map(({ kid }) =>
        recordFinding(
          'key_unrecorded',
          `the key ${kid} is PRIMARY, and the table was masked with others`,
          'The loader refuses its tokens. `masque keys promote` records a key.',
        ),
      ),
  ];
}

function recordFinding(code: string, message: string, advice: string): Finding {
  return { where: 'masque.keys', code, message, advice };
}

function isStranger(kid: string, method: string, recorded: readonly RecordedKey[]): boolean {
  return recorded.some((key) => key.method === method) && recorded.every((key) => key.kid !== kid);
}

const interrupted: Finding = {
  where: 'custodian/change.json',
  code: 'key_change_interrupted',
  message: 'a change of keys was interrupted',
  advice: 'Give the command once more: it completes what was begun.',
};

function nothingHere(dir: string): Fault {
  return new Fault('key_file_missing', `${dir} has no folder of any role`, {
    heals: false,
    setting: 'MASQUE_KEYS_DIR',
    advice: 'Name the folder that `masque keys init` made.',
  });
}

function toFinding(where: string, { code, message, advice = '' }: Fault): Finding {
  return { where, code, message, advice };
}
