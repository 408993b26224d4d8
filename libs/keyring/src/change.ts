/**
 * A change of keys: several files, whole or not at all, whatever kills it.
 *
 *     planned ─audit─▶ recorded ─custodian/change.json─▶ decided ─each file, in order─▶ written ─change.json goes─▶ done
 *
 * - **planned**: everything is computed, new secrets included; nothing has happened.
 * - **recorded**: the audit log says what is meant to happen, and so does `masque.keys` where that is needed first.
 * - **decided**: `change.json` holds every file as it will be. From here on the change happens.
 * - **written**: every file is as decided.
 *
 * Invariants
 * - One change at a time: all of it under a lock.
 * - Killed before it was decided, a change has changed no key. The audit log may name one that did not happen, never
 *   miss one that did.
 * - Killed after, the next change completes it before anything else; writing a file again as it was decided is harmless.
 * - Between any two writes every stage and the custodian find files that they can work with (`ring.ts`).
 */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Fault } from '@masque/fault';
import {
  type KeyDescription,
  keyPaths,
  readKeyFile,
  type RoleAccess,
  type Signer,
  writeDescription,
  writeKeyFile,
} from '@masque/key-files';
import { z } from 'zod';
import { type AuditEntry, recordAudit } from './audit.ts';
import { withLock } from './lock.ts';
import { openSigner } from './open-signer.ts';
import { points } from './points.ts';
import { isSecret, readRingKeys, type RingContent, type RingFile, ringFiles, ringPath } from './ring.ts';

export interface PlannedChange<Answer> {
  readonly audit: AuditEntry;
  /** Done once the audit log has it and before any file changes. */
  readonly record?: () => Promise<void>;
  /** Files as they will be, in the order of writing. */
  readonly files: ReadonlyMap<RingFile, RingContent>;
  readonly keys: readonly KeyDescription[];
  readonly answer: Answer;
}

/** What needs no change is answered at once. */
export type Plan<Answer> = PlannedChange<Answer> | { readonly answer: Answer };

/**
 * @param plan is given the keys as they are, whatever was interrupted before
 * @throws {Fault} `locked`, `audit_unwritable`, `key_file_…` and whatever `plan` and `record` throw
 */
export async function changeKeys<Answer>(
  dir: string,
  access: RoleAccess,
  plan: (keys: readonly KeyDescription[]) => Promise<Plan<Answer>>,
): Promise<Answer> {
  // Looked at first: a lock cannot be taken in a folder that is not there.
  await readRingKeys(dir);
  return withLock(join(dir, 'keys.lock'), async () => {
    await completeChange(dir);
    const signer = await openSigner(dir, access.custodian);
    const planned = await plan(await readRingKeys(dir));
    if (!('files' in planned)) return planned.answer;
    step('record');
    await recordAudit(dir, planned.audit);
    await planned.record?.();
    step('decide');
    const { keys } = planned;
    const files = [...planned.files].map(([file, content]) => ({
      file,
      content: signed({ version: 2, ...content }, signer),
    }));
    await writeKeyFile(changeFile(dir), { version: 1, role: 'change', files, keys }, { secret: true });
    await write(dir, { files, keys });
    return planned.answer;
  });
}

/** Whether a change was decided and not completed. */
export async function isInterrupted(dir: string): Promise<boolean> {
  return (await readChange(dir)) !== undefined;
}

interface DecidedChange {
  readonly files: readonly { readonly file: RingFile; readonly content: object }[];
  readonly keys: readonly KeyDescription[];
}

const changeSchema = z.strictObject({
  version: z.literal(1),
  role: z.literal('change'),
  files: z.array(z.strictObject({ file: z.enum(Object.values(ringFiles).flat()), content: z.looseObject({}) })),
  keys: z.array(z.unknown()),
});

function changeFile(dir: string): string {
  return join(dirname(keyPaths(dir).custodian.mask), 'change.json');
}

async function readChange(dir: string): Promise<DecidedChange | undefined> {
  try {
    return (await readKeyFile(changeFile(dir), { secret: true, schema: changeSchema })) as DecidedChange;
  } catch (error) {
    if (error instanceof Fault && error.code === 'key_file_missing') return undefined;
    throw error;
  }
}

async function completeChange(dir: string): Promise<void> {
  const decided = await readChange(dir);
  if (decided !== undefined) await write(dir, decided);
}

async function write(dir: string, { files, keys }: DecidedChange): Promise<void> {
  for (const { file, content } of files) {
    step(`write ${file}`);
    await writeKeyFile(ringPath(dir, file), content, { secret: isSecret(file), overwrite: true });
  }
  step('write keys');
  await writeDescription(keyPaths(dir).description, keys, { overwrite: true });
  step('finish');
  await rm(changeFile(dir), { force: true });
}

function signed(content: object, signer: Signer | undefined): object {
  return signer === undefined ? content : { ...content, signature: signer.sign(content) };
}

function step(next: string): void {
  points.step.publish(next);
}
