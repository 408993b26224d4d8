import { type EntryTranslator, openTranslator, recordAudit, type Translator } from '@masque/keyring';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { openRekeying, openVaultRekeying } from '@masque/postgres-sink';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { clearProgress, plural, say, sayJson } from '../output/terminal.ts';
import { sayReport, sayTrial, sayWhatIsLeft } from '../rekey/account.ts';
import { createEntriesBar, createRekeyBar } from '../rekey/bar.ts';
import { points } from '../rekey/points.ts';
import { custodianAccess } from '../keys/access.ts';
import { rekey, valuesOf } from '../rekey/rekey.ts';
import { rekeyVault } from '../rekey/rekey-vault.ts';
import { tryOut } from '../rekey/trial.ts';

interface Flags {
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly dryRun?: true;
  readonly keepAliases?: true;
  readonly json?: true;
}

export function rekeyCommand(): Command {
  return new Command('rekey')
    .description(
      'Exchange the tokens of one key for those of another, in a table that is in use. Run again after any end, it goes on where it was.',
    )
    .requiredOption('--from <kid>', 'the old key', aKid)
    .requiredOption('--to <kid>', 'the new key, PRIMARY by now', aKid)
    .requiredOption('--reason <text>', 'why; recorded before it begins', aReason)
    .option('--dry-run', 'count, try the keys on a few tokens, and change nothing')
    .option('--keep-aliases', 'keep the pairs of old and new tokens in masque.aliases afterwards')
    .option('--json', 'print one JSON object')
    .action(async (flags: Flags) => {
      const pipeline = await readPipeline();
      const set = readEnvironment({ ...settings.postgres, ...settings.keys });
      const context = { flags, pipeline, databaseUrl: set.DATABASE_URL, keysDir: set.MASQUE_KEYS_DIR };
      const translator = await openTranslator(set.MASQUE_KEYS_DIR, pipeline, flags, custodianAccess());
      await (translator.kind === 'entries' ? rekeyEntries(context, translator) : rekeyTokens(context, translator));
    });
}

interface Context {
  readonly flags: Flags;
  readonly pipeline: Pipeline;
  readonly databaseUrl: string;
  readonly keysDir: string;
}

async function rekeyTokens(context: Context, { from, to, prefix, fields, translate }: Translator): Promise<void> {
  const { flags, pipeline, databaseUrl, keysDir } = context;
  const columns = columnsOf(pipeline, fields);
  const rekeying = openRekeying({ databaseUrl, target: toTarget(pipeline), columns, from, to, prefix });
  try {
    if (flags.dryRun === true) {
      const found = await tryOut(rekeying, translate);
      if (flags.json) sayJson({ from: from.kid, to: to.kid, dryRun: true, ...found });
      else sayTrial(found);
      return;
    }
    await rekeying.alone(async () => {
      const record = { reason: flags.reason, fields, kids: [from.kid, to.kid] };
      await recordAudit(keysDir, { ...record, verb: 'rekey', count: valuesOf(await rekeying.oldTokens()) });
      points.recorded.publish(undefined);
      const keepAliases = flags.keepAliases === true;
      const work = rekey({ rekeying, translate, keepAliases, onProgress: createRekeyBar() });
      const report = await work.finally(clearProgress);
      await recordAudit(keysDir, { ...record, verb: 'rekey_end', count: report.rows });
      if (flags.json) sayJson({ from: from.kid, to: to.kid, dryRun: false, ...report });
      else sayReport(report, from.kid, to.kid);
      sayWhatIsLeft(report, from.kid);
    });
  } finally {
    await rekeying.close();
  }
}

async function rekeyEntries(context: Context, { from, to, translate }: EntryTranslator): Promise<void> {
  const { flags, pipeline, databaseUrl, keysDir } = context;
  const rekeying = openVaultRekeying({ databaseUrl, target: toTarget(pipeline), from, to });
  try {
    const before = await rekeying.left();
    if (flags.dryRun === true) {
      if (flags.json) sayJson({ from: from.kid, to: to.kid, dryRun: true, entries: before });
      else say(`Dry run: nothing was changed. ${plural(before, 'entry', 'entries')} of the vault to encrypt anew.`);
      return;
    }
    await rekeying.alone(async () => {
      const record = { reason: flags.reason, kids: [from.kid, to.kid] };
      await recordAudit(keysDir, { ...record, verb: 'rekey', count: before });
      points.recorded.publish(undefined);
      const work = rekeyVault({ rekeying, translate, onProgress: createEntriesBar(before) });
      const report = await work.finally(clearProgress);
      await recordAudit(keysDir, { ...record, verb: 'rekey_end', count: report.entries });
      if (flags.json) sayJson({ from: from.kid, to: to.kid, dryRun: false, ...report });
      else {
        const entries = plural(report.entries, 'entry', 'entries');
        say(`${entries} of the vault encrypted to ${to.kid} instead of ${from.kid}; no row was touched.`);
      }
      sayWhatIsLeft(report, from.kid);
    });
  } finally {
    await rekeying.close();
  }
}

/** Columns of the target that take the tokens of these fields. */
function columnsOf({ target }: Pipeline, fields: readonly string[]): string[] {
  return target.columns.flatMap(({ name, source }) =>
    source.kind === 'token' && fields.includes(source.field) ? [name] : [],
  );
}

function aKid(text: string): string {
  if (/^[a-z2-7]{6}$/.test(text)) return text;
  throw new InvalidArgumentError('It is no key id, which is six characters as `masque keys list` shows them.');
}

function aReason(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It is empty.');
  return text.trim();
}
