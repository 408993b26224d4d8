import { signKeys } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, settings } from '../environment.ts';
import { aReason } from '../input/reason.ts';
import { say, sayJson } from '../output/terminal.ts';
import { roleAccess } from './access.ts';

export function signCommand(): Command {
  return new Command('sign')
    .description('Sign every key file anew, for a folder that was made before files were signed.')
    .requiredOption('--reason <text>', 'why; recorded before anything changes', aReason)
    .option('--json', 'print one JSON object')
    .action(async ({ reason, json }: { readonly reason: string; readonly json?: true }) => {
      const signer = await signKeys(readEnvironment(settings.keys).MASQUE_KEYS_DIR, reason, roleAccess());
      if (json) return sayJson({ signer });
      say('signed; pin the signer where the stages are deployed, and not in their folders:');
      say(`  MASQUE_KEYS_SIGNER=${signer}`);
    });
}
