import { checkKeys, type Finding } from '@masque/keyring';
import { exitStatus } from '@masque/stage/command';
import { Command } from 'commander';
import { hasSetting, readEnvironment, readPipeline, settings } from '../environment.ts';
import { plural, say, sayJson } from '../output/terminal.ts';
import { openRecords } from './use.ts';
import { roleAccess } from './access.ts';

export function checkCommand(): Command {
  return new Command('check')
    .description('Look whether the key files of a folder are sound and belong together. Changes nothing.')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
It looks at the roles whose folders are there: modes, content, pairs, statuses,
signatures, fingerprints as in keys.json, and with DATABASE_URL as in masque.keys.
Exit status 78 when something is wrong.`,
    )
    .action(async (options: { readonly json?: true }) => {
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const records = hasSetting('DATABASE_URL') ? await readRecords() : undefined;
      const signer = readEnvironment(settings.signer).MASQUE_KEYS_SIGNER;
      const { roles, keys, findings } = await checkKeys(dir, { recorded: records, signer, access: roleAccess() });
      const checked = records === undefined ? roles : [...roles, 'masque.keys'];
      if (findings.length > 0) process.exitCode = exitStatus.config;
      if (options.json) return sayJson({ dir, checked, keys: keys.length, findings });
      for (const finding of findings) sayFinding(finding);
      if (findings.length === 0) say(`${plural(keys.length, 'key')} sound, in ${checked.join(', ')}`);
    });
}

async function readRecords() {
  const records = openRecords(await readPipeline());
  try {
    return await records.list();
  } finally {
    await records.close();
  }
}

function sayFinding({ where, message, advice }: Finding): void {
  say(`${where}: ${message}. ${advice}`);
}
