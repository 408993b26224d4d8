import { type KeyDescription, kidPattern } from '@masque/key-files';
import { destroyKey, type Moved, promoteKey, retireKey } from '@masque/keyring';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { aReason } from '../input/reason.ts';
import { remark, say, sayJson } from '../output/terminal.ts';
import { roleAccess } from './access.ts';
import { readRollout, requireIdle, requireRolledOut, type Rollout } from './rollout.ts';
import { countUse, openRecords, requireUnused } from './use.ts';

interface LifeOptions {
  readonly reason: string;
  readonly undo?: true;
  readonly acceptUnknown?: true;
  readonly json?: true;
}

export function promoteCommand(): Command {
  return lifeCommand('promote')
    .description('Make a PENDING key PRIMARY; the one that was is ENABLED from then on.')
    .action(async (kid: string, { reason, json }: LifeOptions) => {
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const pipeline = await readPipeline();
      let rollout: Rollout | undefined;
      const moved = await promoteKey({
        dir,
        kid,
        reason,
        access: roleAccess(),
        async allow(key) {
          // A body is sealed to the custodian, who has the key already.
          if (key.use === 'quarantine') return;
          rollout = await readRollout(pipeline, key);
          requireRolledOut(key, rollout);
          if (rollout === undefined) remark('Redis does not answer: whether every masker knows the key is not known.');
        },
        async record(key, keys) {
          if (key.use !== 'mask') return;
          const records = openRecords(pipeline);
          try {
            // All that may be on their way, or the loader would refuse those that the first batch does not name.
            await records.record(keys.filter(({ use, status }) => use === 'mask' && mayHaveMasked(status)));
          } finally {
            await records.close();
          }
        },
      });
      if (json) return sayJson({ ...moved, rollout: rollout ?? null });
      if (sayUnchanged(moved)) return;
      say(`${kid} is PRIMARY${moved.former === undefined ? '' : `, and ${moved.former.kid} ENABLED`}`);
      const folder = moved.key.use === 'seal' ? 'extractor/ to every extractor' : 'masker/ to every masker';
      say(`Bring ${folder} and restart them; until then both keys are in use.`);
    });
}

export function retireCommand(): Command {
  return withUnknown(lifeCommand('retire'))
    .description('Make an ENABLED key DISABLED, once no row uses it: its tokens are refused.')
    .option('--undo', 'make a DISABLED key ENABLED again')
    .action(async (kid: string, { reason, undo, acceptUnknown, json }: LifeOptions) => {
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const { allow, setRetired } = await guard(acceptUnknown === true);
      const moved = await retireKey({
        dir,
        kid,
        reason,
        access: roleAccess(),
        undo: undo === true,
        ...(undo === true ? {} : { allow }),
        record: (key) => setRetired(key, undo !== true),
      });
      if (json) return sayJson(moved);
      if (!sayUnchanged(moved)) say(`${kid} is ${moved.key.status}`);
    });
}

export function destroyCommand(): Command {
  return withUnknown(lifeCommand('destroy'))
    .description('Take the secret of a DISABLED key out of every file here, for ever.')
    .action(async (kid: string, { reason, acceptUnknown, json }: LifeOptions) => {
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const { allow } = await guard(acceptUnknown === true);
      const moved = await destroyKey({ dir, kid, reason, access: roleAccess(), allow });
      if (json) return sayJson(moved);
      if (sayUnchanged(moved)) return;
      say(`${kid} is DESTROYED: no file here holds its secret`);
      say('Copies elsewhere, such as backups and the folders of other machines, are yours to find.');
    });
}

function lifeCommand(name: string): Command {
  return new Command(name)
    .argument('<kid>', 'the key, by its id', aKid)
    .requiredOption('--reason <text>', 'why; recorded before anything changes', aReason)
    .option('--json', 'print one JSON object');
}

function withUnknown(command: Command): Command {
  return command.option('--accept-unknown', 'also where tokens name no key (ff1, ipcrypt), so that no count can tell');
}

/** What keeps a key from being retired or destroyed: rows that it has made, and maskers that use it. */
interface Guard {
  allow(this: void, key: KeyDescription): Promise<void>;
  setRetired(this: void, key: KeyDescription, isRetired: boolean): Promise<void>;
}

async function guard(acceptUnknown: boolean): Promise<Guard> {
  const pipeline = await readPipeline();
  return {
    async allow(key) {
      const rollout = await readRollout(pipeline, key);
      requireIdle(key, rollout);
      if (rollout === undefined) remark('Redis does not answer: whether a masker uses the key is not known.');
      if (key.use === 'seal') return;
      const records = openRecords(pipeline);
      try {
        requireUnused(key, await countUse(records, pipeline, key), acceptUnknown);
      } finally {
        await records.close();
      }
    },
    async setRetired(key, isRetired) {
      if (key.use !== 'mask') return;
      const records = openRecords(pipeline);
      try {
        await records.setRetired(key.kid, isRetired);
      } finally {
        await records.close();
      }
    },
  };
}

function mayHaveMasked(status: KeyDescription['status']): boolean {
  return status === 'PRIMARY' || status === 'ENABLED';
}

function sayUnchanged({ key, from }: Moved): boolean {
  if (key.status !== from) return false;
  say(`${key.kid} is ${key.status} already`);
  return true;
}

function aKid(text: string): string {
  if (!kidPattern.test(text)) throw new InvalidArgumentError('A key id is six of a-z and 2-7.');
  return text;
}
