import { Fault } from '@masque/fault';
import { openUnmasker, recordAudit, type Unmasked } from '@masque/keyring';
import { Command } from 'commander';
import { readEnvironment, readPipeline, settings } from '../environment.ts';
import { statusOf } from '../exit-status.ts';
import { aReason } from '../input/reason.ts';
import { readTokens } from '../input/value.ts';
import { custodianAccess } from '../keys/access.ts';
import { bar, clearProgress, count, progress, remark, say, sayJson, table } from '../output/terminal.ts';
import { createTokenOpener, type TokenOpener } from '../tokens/opener.ts';

interface Flags {
  readonly reason: string;
  readonly field?: string;
  readonly kid?: string;
  readonly partial?: true;
  readonly json?: true;
}

export function unmaskCommand(): Command {
  return new Command('unmask')
    .description('Recover values from tokens, with the custodian’s private key. Every call is recorded.')
    .argument('<token...>', 'tokens as they stand in the table, or - for standard input, one a line')
    .requiredOption('--reason <text>', 'why; recorded before the answer is shown', aReason)
    .option('--field <name>', 'the field they must be of')
    .option('--kid <id>', 'the key of tokens that name none, where there are several')
    .option('--partial', 'answer what can be answered, and say why the rest cannot')
    .option('--json', 'print one JSON object')
    .action(async (given: readonly string[], flags: Flags) => {
      const dir = readEnvironment(settings.keys).MASQUE_KEYS_DIR;
      const tokens = await readTokens(given);
      const opener = createTokenOpener({
        unmasker: await openUnmasker(dir, await readPipeline(), custodianAccess()),
        databaseUrl: () => readEnvironment(settings.postgres).DATABASE_URL,
      });
      try {
        const results = await openAll(opener, tokens, flags).finally(clearProgress);
        if (flags.partial !== true) refuseFaults(results);
        const values = results.filter((result): result is Unmasked => !(result instanceof Fault));
        await recordAudit(dir, {
          verb: 'unmask',
          count: values.length,
          reason: flags.reason,
          fields: [...new Set(values.map(({ field }) => field))],
          kids: [...new Set(values.map(({ kid }) => kid))],
        });
        answer(results, flags);
      } finally {
        await opener.close();
      }
    });
}

/** Opened at once; enough to keep four threads at RSA for a tenth of a second. */
const chunk = 400;

async function openAll(opener: TokenOpener, tokens: readonly string[], flags: Flags): Promise<(Unmasked | Fault)[]> {
  const results: (Unmasked | Fault)[] = [];
  while (results.length < tokens.length) {
    const some = tokens.slice(results.length, results.length + chunk);
    results.push(...(await opener.open(some, flags.field, flags.kid)));
    const done = `${count(results.length)} of ${count(tokens.length)} tokens`;
    if (tokens.length > chunk) progress(`  ${bar(results.length / tokens.length, 24)}  ${done}`);
  }
  return results;
}

/** One bad token among many: nothing is answered, so that what is recorded is what was asked. */
function refuseFaults(results: readonly (Unmasked | Fault)[]): void {
  for (const [at, result] of results.entries()) {
    if (result instanceof Fault) throw results.length === 1 ? result : withPlace(result, at + 1, results.length);
  }
}

function answer(results: readonly (Unmasked | Fault)[], { partial, json }: Flags): void {
  const faults = results.filter((result) => result instanceof Fault);
  if (json) {
    const values = results.map((result) => (result instanceof Fault ? { fault: result.toJSON() } : result));
    sayJson(partial === true ? { values, refused: faults.length } : { values });
  } else {
    const rows = results.map((result) => (result instanceof Fault ? ['–', result.code] : [result.field, result.value]));
    say(table(rows, ''));
    for (const [at, result] of results.entries()) {
      if (result instanceof Fault) remark(`masque: ${withPlace(result, at + 1, results.length).toLine()}`);
    }
  }
  const [first] = faults;
  if (first !== undefined) process.exitCode = statusOf(first);
}

function withPlace(fault: Fault, place: number, count: number): Fault {
  return new Fault(fault.code, `token ${place} of ${count}: ${fault.message}`, {
    heals: fault.heals,
    ...(fault.setting === undefined ? {} : { setting: fault.setting }),
    ...(fault.advice === undefined ? {} : { advice: fault.advice }),
    details: { ...fault.details, place },
  });
}
