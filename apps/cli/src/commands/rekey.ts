import { openTranslator, recordAudit } from '@masque/keyring';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { type ColumnCount, openRekeying, type Rekeying } from '@masque/postgres-sink';
import { Command, InvalidArgumentError } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { clearProgress, count, plural, remark, say, sayJson, table } from '../output/terminal.ts';
import { createRekeyBar } from '../rekey/bar.ts';
import { points } from '../rekey/points.ts';
import { rekey, type RekeyReport, valuesOf } from '../rekey/rekey.ts';
import { custodianAccess } from '../keys/access.ts';

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
      const translator = await openTranslator(set.MASQUE_KEYS_DIR, pipeline, flags, custodianAccess());
      const { from, to, prefix, fields, translate } = translator;
      const columns = columnsOf(pipeline, fields);
      const rekeying = openRekeying({
        databaseUrl: set.DATABASE_URL,
        target: toTarget(pipeline),
        columns,
        from,
        to,
        prefix,
      });
      try {
        if (flags.dryRun === true) {
          const found = await tryOut(rekeying, translate);
          if (flags.json) sayJson({ from: from.kid, to: to.kid, dryRun: true, ...found });
          else sayTrial(found);
          return;
        }
        await rekeying.alone(async () => {
          const record = { reason: flags.reason, fields, kids: [from.kid, to.kid] };
          await recordAudit(set.MASQUE_KEYS_DIR, {
            ...record,
            verb: 'rekey',
            count: valuesOf(await rekeying.oldTokens()),
          });
          points.recorded.publish(undefined);
          const report = await rekey({
            rekeying,
            translate,
            keepAliases: flags.keepAliases === true,
            onProgress: createRekeyBar(),
          }).finally(clearProgress);
          await recordAudit(set.MASQUE_KEYS_DIR, { ...record, verb: 'rekey_end', count: report.rows });
          if (flags.json) sayJson({ from: from.kid, to: to.kid, dryRun: false, ...report });
          else sayReport(report, from.kid, to.kid);
          sayWhatIsLeft(report, from.kid);
        });
      } finally {
        await rekeying.close();
      }
    });
}

/** Columns of the target that take the tokens of these fields. */
function columnsOf({ target }: Pipeline, fields: readonly string[]): string[] {
  return target.columns.flatMap(({ name, source }) =>
    source.kind === 'token' && fields.includes(source.field) ? [name] : [],
  );
}

const sampleSize = 100;

async function tryOut(
  rekeying: Pick<Rekeying, 'oldTokens' | 'sample'>,
  translate: (tokens: readonly string[]) => Promise<readonly (string | undefined)[]>,
) {
  const columns = await rekeying.oldTokens();
  const sample = await rekeying.sample(sampleSize);
  const began = performance.now();
  const made = await translate(sample);
  const msEach = (performance.now() - began) / Math.max(1, sample.length);
  const distinct = Object.values(columns).reduce((sum, each) => sum + each.distinct, 0);
  const refused = made.filter((token) => token === undefined).length;
  return { columns, tried: sample.length, refused, estimatedS: Math.ceil((msEach * distinct) / 1_000) };
}

function sayTrial({ columns, tried, refused, estimatedS }: Awaited<ReturnType<typeof tryOut>>): void {
  say('Dry run: nothing was changed.');
  say(table([['column', 'old tokens', 'different'], ...Object.entries(columns).map(countRow)]));
  say(
    tried === 0
      ? '  No row has a token of this key.'
      : `  ${count(tried)} tried, ${count(refused)} cannot be taken over. Translating all takes about ${plural(estimatedS, 'second')}.`,
  );
}

function countRow([column, { values, distinct }]: [string, ColumnCount]): string[] {
  return [column, count(values), count(distinct)];
}

function sayReport(report: RekeyReport, from: string, to: string): void {
  const { tokens, rows, passes, before, after, aliasesDropped } = report;
  say(
    `${plural(tokens, 'token')} of ${from} taken over to ${to}, ${plural(rows, 'row')} rewritten, in ${plural(passes, 'pass')}.`,
  );
  say(
    table([
      ['column', 'different values before', 'after'],
      ...Object.entries(after).map(([column, { distinct }]) => [
        column,
        count(before[column]?.distinct ?? distinct),
        count(distinct),
      ]),
    ]),
  );
  say(aliasesDropped ? '  No old token is left; the aliases are gone.' : '  The aliases are kept in masque.aliases.');
}

function sayWhatIsLeft({ left, refused }: RekeyReport, from: string): void {
  if (left === 0) return;
  process.exitCode = 1;
  remark(
    refused > 0
      ? `masque: ${plural(left, 'value')} that ${left === 1 ? 'names' : 'name'} ${from} ${left === 1 ? 'is' : 'are'} left: ${plural(refused, 'token')} no masker made. Run \`masque verify\`.`
      : `masque: ${plural(left, 'token')} of ${from} came meanwhile: a masker masks with it still. Restart it, then run this again.`,
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
