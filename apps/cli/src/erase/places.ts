import { type Finder, type FoundToken, openQuarantineOpener } from '@masque/keyring';
import { type Pipeline, toTarget } from '@masque/pipeline';
import {
  openQuarantine,
  openTokenRows,
  openVault,
  type Quarantine,
  type TokenRows,
  type Vault,
} from '@masque/postgres-sink';
import { clearProgress, count, progress } from '../output/terminal.ts';
import { columnsOf } from '../tokens/columns.ts';
import { holdsValue } from './body-match.ts';
import { custodianAccess } from '../keys/access.ts';

/** Where a value may be in PostgreSQL. */
export interface Places {
  readonly vault: Vault;
  readonly rows: TokenRows;
  readonly quarantine: Quarantine;
  close(): Promise<void>;
}

/** What there is of a value. */
export interface Finding {
  readonly columns: readonly string[];
  readonly tokens: readonly string[];
  /** Rows of the target. */
  readonly rows: number;
  /** Entries that the vault holds. */
  readonly entries: number;
  /** Ids in quarantine: rows that PostgreSQL refused, and messages that hold the value in their sealed bodies. */
  readonly refusedRows: readonly string[];
  readonly messages: readonly string[];
}

export function openPlaces(databaseUrl: string, pipeline: Pipeline): Places {
  const options = { databaseUrl, target: toTarget(pipeline) };
  const [vault, rows, quarantine] = [openVault(options), openTokenRows(options), openQuarantine(options)];
  return {
    vault,
    rows,
    quarantine,
    close: async () => void (await Promise.all([vault.close(), rows.close(), quarantine.close()])),
  };
}

export interface Search {
  readonly pipeline: Pipeline;
  readonly keysDir: string;
  readonly field: string;
  readonly value: string;
  readonly found: readonly FoundToken[];
  readonly isSame: Finder['isSame'];
}

export async function search({ vault, rows, quarantine }: Places, options: Search): Promise<Finding> {
  const columns = columnsOf(options.pipeline, options.field);
  const tokens = options.found.flatMap(({ token }) => token ?? []);
  const lines = [...(await vault.find(tokens)).values()];
  return {
    columns,
    tokens,
    rows: await rows.count(columns, tokens),
    entries: lines.filter(({ ciphertext }) => ciphertext !== undefined).length,
    refusedRows: await rows.refused(columns, tokens),
    messages: await messagesWith(quarantine, options),
  };
}

/** Bodies in memory at once; each has up to a megabyte. */
const chunk = 50;

/** Opens every body that is held: nothing but its sealed text says whose it is. */
async function messagesWith(
  quarantine: Quarantine,
  { pipeline, keysDir, field, value, isSame }: Search,
): Promise<string[]> {
  const matching: string[] = [];
  let opened = 0;
  let page = await quarantine.bodies('0', chunk);
  if (page.length === 0) return matching;
  const open = await openQuarantineOpener(keysDir, pipeline, custodianAccess());
  try {
    while (page.length > 0) {
      for (const { id, messageId, body } of page) {
        const text = (await open(body, messageId)).toString('utf8');
        if (holdsValue(text, value, (other) => isSame(field, other, value))) matching.push(id);
        opened += 1;
      }
      progress(`  ${count(opened)} quarantined messages opened, ${count(matching.length)} hold the value`);
      page = await quarantine.bodies(page.at(-1)?.id ?? '0', chunk);
    }
  } finally {
    clearProgress();
  }
  return matching;
}
