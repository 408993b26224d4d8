import { Fault } from '@masque/fault';
import { type FoundToken, openFinder, recordAudit } from '@masque/keyring';
import type { MaskSpec } from '@masque/pipeline';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { type Finding, openPlaces, type Places, search } from '../erase/places.ts';
import { confirm } from '../input/confirm.ts';
import { aReason } from '../input/reason.ts';
import { readValue, valueDescription } from '../input/value.ts';
import { count, plural, remark, say, sayJson } from '../output/terminal.ts';
import { columnsOf } from '../tokens/columns.ts';
import { custodianAccess } from '../keys/access.ts';

interface Flags {
  readonly field: string;
  readonly reason: string;
  readonly undo?: true;
  readonly yes?: true;
  readonly json?: true;
}

/**
 * Everything that PostgreSQL has of a value, under every usable key. With the method `vault` the entry is destroyed and
 * the rows stay, as their tokens lead nowhere then; with every other method the rows go, as their tokens are the value
 * to whoever has the key. Quarantined messages that hold the value are opened to be found, and discarded.
 */
export function eraseCommand(): Command {
  return new Command('erase')
    .description(
      'Erase a value: with the method vault its entry, with others its rows; and quarantined messages that hold it.',
    )
    .argument('<value>', valueDescription)
    .requiredOption('--field <name>', 'the field whose value it is')
    .requiredOption('--reason <text>', 'why; recorded before anything is erased', aReason)
    .option('--undo', 'let a value that was erased from the vault be known again, for old rows too')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
    .action(async (given: string, flags: Flags) => {
      const pipeline = await readPipeline();
      columnsOf(pipeline, flags.field);
      const { method } = pipeline.mask[flags.field] as MaskSpec;
      if (method === 'truncate' || method === 'redact') throw notOfOne(method);
      if (flags.undo === true && method !== 'vault') throw notUndone(method);
      const set = readEnvironment({ ...settings.postgres, ...settings.keys });
      const value = await readValue(given);
      const finder = await openFinder(set.MASQUE_KEYS_DIR, pipeline, custodianAccess());
      const found = finder.find(flags.field, value);
      const places = openPlaces(set.DATABASE_URL, pipeline);
      const record = (verb: string, items: number): Promise<void> =>
        recordAudit(set.MASQUE_KEYS_DIR, {
          verb,
          reason: flags.reason,
          count: items,
          fields: [flags.field],
          kids: found.flatMap(({ key }) => key?.kid ?? []),
        });
      try {
        if (flags.undo === true) {
          await record('erase_undo', found.length);
          sayUndone(await places.vault.restore(found.flatMap(({ entry }) => entry ?? [])), flags);
          return;
        }
        const finding = await search(places, {
          pipeline,
          keysDir: set.MASQUE_KEYS_DIR,
          field: flags.field,
          value,
          found,
          isSame: finder.isSame,
        });
        const plan = planOf(method, finding);
        // Before it is shown: how much there is of a value is an answer too.
        await record('erase_search', plan.items);
        remark(plan.words);
        if (flags.yes !== true) await confirm('Erase it?');
        await record('erase', plan.items);
        sayDone(await erase(places, method, finding, found, flags.reason), flags);
      } finally {
        await places.close();
      }
    });
}

interface Plan {
  readonly items: number;
  readonly words: string;
}

function planOf(method: MaskSpec['method'], { rows, entries, refusedRows, messages }: Finding): Plan {
  const held = `${plural(messages.length, 'quarantined message')} with the value`;
  if (method === 'vault') {
    return {
      items: entries + messages.length,
      words: `${count(entries)} of the vault’s entries and ${held} will be destroyed; ${plural(rows, 'row')} will stay, with a token that nobody can open.`,
    };
  }
  return {
    items: rows + refusedRows.length + messages.length,
    words: `${plural(rows, 'row')}, ${plural(refusedRows.length, 'row')} in quarantine and ${held} will be deleted.`,
  };
}

interface Erased {
  readonly entries: number;
  readonly rows: number;
  readonly quarantined: number;
}

async function erase(
  { vault, rows, quarantine }: Places,
  method: MaskSpec['method'],
  { columns, tokens, refusedRows, messages }: Finding,
  found: readonly FoundToken[],
  reason: string,
): Promise<Erased> {
  if (method === 'vault') {
    // Also where there is no entry: a batch that is on its way must find the tombstone.
    const entries = await vault.erase(
      found.flatMap(({ token, key }) => (token === null || key === undefined ? [] : [{ token, kid: key.kid }])),
    );
    return { entries, rows: 0, quarantined: await quarantine.discard(messages, reason) };
  }
  const deleted = await rows.delete(columns, tokens);
  return { entries: 0, rows: deleted, quarantined: await quarantine.discard([...refusedRows, ...messages], reason) };
}

function sayDone(erased: Erased, { json }: Flags): void {
  if (json) sayJson({ erased });
  else {
    const { entries, rows, quarantined } = erased;
    say(
      `erased: ${count(entries)} of the vault’s entries, ${plural(rows, 'row')}, ${count(quarantined)} in quarantine`,
    );
  }
}

function sayUndone(restored: number, { json }: Flags): void {
  if (json) sayJson({ restored });
  else say(restored === 0 ? 'nothing of it was erased' : `the vault knows the value again (${count(restored)} tokens)`);
}

function notOfOne(method: string): Fault {
  return new Fault('erase_not_of_one', `a token of the method ${method} stands for many people’s values`, {
    heals: false,
    advice: 'There is nothing in it to erase: it cannot be led back to one person.',
    details: { method },
  });
}

function notUndone(method: string): Fault {
  return new Fault('erase_final', `rows that were deleted do not come back (method ${method})`, {
    heals: false,
    setting: '--undo',
    advice: 'Only entries of the vault can be put back, by whoever has the value.',
    details: { method },
  });
}
