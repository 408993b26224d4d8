import type { KeyDescription } from '@masque/key-files';
import { listKeys, signerOf } from '@masque/keyring';
import type { KeyRecord } from '@masque/postgres-sink';
import { Command } from 'commander';
import { hasSetting, readEnvironment, readPipeline, settings } from '../environment.ts';
import { count, say, sayJson, table } from '../output/terminal.ts';
import { openRecords } from './use.ts';

export function listCommand(): Command {
  return new Command('list')
    .description('Show every key: its use, status and age; with DATABASE_URL also when it was used.')
    .option('--json', 'print one JSON object')
    .action(async (options: { readonly json?: true }) => {
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const [keys, signer] = await Promise.all([listKeys(dir), signerOf(dir)]);
      const records = hasSetting('DATABASE_URL') ? await readRecords() : undefined;
      const known = keys.map((key) => Object.assign({}, key, { record: records?.get(key.kid) ?? null }));
      if (options.json) return sayJson({ keys: known, signer: signer ?? null });
      const head = ['kid', 'use', 'method', 'bits', 'status', 'made', 'fingerprint'];
      say(
        table([
          records === undefined ? head : [...head, 'first used', 'last used', 'rows, about'],
          ...known.map((key) => cellsOf(key, key.record)),
        ]),
      );
      if (signer !== undefined) say(`\nsigned by MASQUE_KEYS_SIGNER=${signer}`);
    });
}

function cellsOf(key: KeyDescription, record: KeyRecord | null): string[] {
  const { kid, use, method, bits, status, created, fingerprint } = key;
  const cells = [kid, use, method, String(bits ?? ''), status, created.slice(0, 10), fingerprint];
  return record === null ? cells : [...cells, day(record.firstUsed), day(record.lastUsed), count(record.rows)];
}

async function readRecords() {
  const records = openRecords(await readPipeline());
  try {
    return new Map((await records.list()).map((record) => [record.kid, record]));
  } finally {
    await records.close();
  }
}

function day(time: number | null): string {
  return time === null ? 'never' : new Date(time).toISOString().slice(0, 10);
}
