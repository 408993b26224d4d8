import { Fault } from '@masque/fault';
import type { KeyDescription } from '@masque/key-files';
import { tokenStartOf } from '@masque/keyring';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { type KeyRecords, type KeyUse, openKeyRecords } from '@masque/postgres-sink';
import { readEnvironment, settings } from '../environment.ts';
import { clearProgress, count, plural, progress } from '../output/terminal.ts';

/** Of a key with use `seal` nothing is kept that it made: a batch lives for minutes. */
export type CountedUse = KeyUse & {
  /** False for tokens that look like values: of what is counted, some may be of this key, and nobody can say which. */
  readonly exact: boolean;
};

export function openRecords(pipeline: Pipeline): KeyRecords {
  const { DATABASE_URL: databaseUrl } = readEnvironment(settings.postgres);
  return openKeyRecords({ databaseUrl, target: toTarget(pipeline) });
}

/** What in PostgreSQL a key has made, counted there: a walk through the table. */
export async function countUse(records: KeyRecords, pipeline: Pipeline, key: KeyDescription): Promise<CountedUse> {
  progress(`counting what ${key.kid} has made in ${pipeline.target.table} …`);
  try {
    if (key.use !== 'mask') return { ...(await records.countSealed(key.kid)), exact: true };
    // Its tokens are made by the key that follows as well; what only it opens are entries.
    if (key.method === 'vault') return { ...(await records.countEntries(key.kid)), exact: true };
    const start = tokenStartOf(key);
    if (start !== undefined) return { ...(await records.countTokens(start)), exact: true };
    const columns = pipeline.target.columns.flatMap(({ name, source }) =>
      source.kind === 'token' && pipeline.mask[source.field]?.method === key.method ? [name] : [],
    );
    return { ...(await records.countValues(columns)), exact: false };
  } finally {
    clearProgress();
  }
}

/** @throws {Fault} `key_in_use`, `key_use_unknown` */
export function requireUnused(key: KeyDescription, use: CountedUse, acceptUnknown: boolean): void {
  const { rows, quarantined, entries = 0, exact } = use;
  if (rows + quarantined + entries === 0 || (!exact && acceptUnknown)) return;
  const what = [
    ...(rows > 0 ? [plural(rows, 'row')] : []),
    ...(quarantined > 0 ? [`${count(quarantined)} in the quarantine`] : []),
    ...(entries > 0 ? [plural(entries, 'entry of the vault', 'entries of the vault')] : []),
  ].join(' and ');
  const details = { kid: key.kid, rows, quarantined, ...(entries > 0 ? { entries } : {}) };
  if (!exact) {
    throw new Fault(
      'key_use_unknown',
      `${what} hold tokens of the method ${key.method}, which name no key: which of them ${key.kid} has made, nobody can say`,
      {
        heals: false,
        setting: '--accept-unknown',
        advice: 'Give it if you know that none is, or that none is needed any more.',
        details,
      },
    );
  }
  throw new Fault('key_in_use', `${what} use the key ${key.kid}`, {
    heals: false,
    advice:
      key.use === 'mask'
        ? 'Move the rows to another key with `masque rekey`, and decide about the quarantine, first.'
        : 'Decide about them first: `masque quarantine list`.',
    details,
  });
}
