import { Fault } from '@masque/fault';
import { isUsable, type KeyDescription, keyPaths, readDescription } from '@masque/key-files';
import type { MaskSpec, Pipeline } from '@masque/pipeline';
import type { ColumnFinding, MaskedShape, Survey } from '@masque/postgres-sink';
import { count, plural, progress } from '../output/terminal.ts';
import type { Problem } from './problem.ts';

export interface TokensReport {
  readonly columns: readonly MaskedColumn[];
  readonly problems: readonly Problem[];
}

export interface MaskedColumn {
  readonly column: string;
  readonly field: string;
  readonly method: MaskSpec['method'];
  readonly findings: readonly (ColumnFinding & { readonly status?: KeyDescription['status'] })[];
}

const placesShown = 5;

/** Columns of masked fields: is each value a token, of a key that is known? */
export async function verifyTokens(survey: Survey, pipeline: Pipeline, keysDir: string): Promise<TokensReport> {
  const [recorded, described] = await Promise.all([survey.recordedKeys(), describedKeys(keysDir)]);
  const columns: MaskedColumn[] = [];
  const problems: Problem[] = [];
  for (const { name: column, source } of pipeline.target.columns) {
    const spec = source.kind === 'token' ? pipeline.mask[source.field] : undefined;
    if (source.kind !== 'token' || spec === undefined) continue;
    progress(`  looking at ${column} …`);
    const shape = shapeOf(spec);
    const findings: (ColumnFinding & { readonly status?: KeyDescription['status'] })[] = [];
    columns.push({ column, field: source.field, method: spec.method, findings });
    for (const finding of await survey.column(column, shape)) {
      const status = holderOf(finding.kid ?? '', described)?.status;
      findings.push(status === undefined ? finding : { ...finding, status });
      const problem = problemOf(column, finding, { recorded, described });
      if (problem === undefined) continue;
      const unsound = finding.finding === 'malformed' || finding.finding === 'plain';
      const places = unsound ? await survey.places(column, shape, finding.finding, placesShown) : undefined;
      problems.push(places === undefined ? problem : { ...problem, places });
    }
  }
  return { columns, problems };
}

function shapeOf(spec: MaskSpec): MaskedShape {
  switch (spec.method) {
    case 'rsa':
    case 'vault':
    case 'siv':
    case 'hmac':
      return { kind: 'token' };
    case 'ff1':
      return { kind: 'letters', letters: spec.alphabet + spec.keep };
    case 'ipcrypt-det':
    case 'ipcrypt-pfx':
      return { kind: 'address' };
    case 'truncate':
      return { kind: 'network', v4: spec.v4, v6: spec.v6 };
    case 'redact':
      return { kind: 'fixed', text: spec.as };
    default:
      return spec satisfies never;
  }
}

interface KnownKeys {
  readonly recorded: ReadonlySet<string>;
  /** Undefined where no description of keys is here. */
  readonly described: ReadonlyMap<string, KeyDescription> | undefined;
}

function problemOf(
  column: string,
  { finding, method, kid, values }: ColumnFinding,
  { recorded, described }: KnownKeys,
): Problem | undefined {
  switch (finding) {
    case 'plain':
      return {
        code: 'looks_plain',
        what: `${column}: ${plural(values, 'value')} that no masking of this column gives; it may be plain`,
        next: 'Find out who else writes to this column and stop it. Then delete these rows, or have their messages loaded again.',
      };
    case 'malformed':
      return {
        code: 'malformed',
        what: `${column}: ${plural(values, 'value')} that begins as a token and is none`,
        next: 'It was cut off or altered after it was loaded, and nothing brings it back; a copy or a backup has it whole.',
      };
    case 'masked':
    case 'unjudged':
      return undefined;
    case 'token':
      break;
    default:
      return finding satisfies never;
  }
  const tokens = `${column}: ${count(values)} ${method} tokens of the key ${kid}`;
  if (!recorded.has(kid ?? '')) {
    return {
      code: 'key_unknown',
      what: `${tokens}, which no batch came with`,
      next: 'They were written by something else than a loader of this database. Find out what, before you trust them.',
    };
  }
  const key = holderOf(kid ?? '', described);
  if (described !== undefined && key === undefined) {
    return {
      code: 'key_not_held',
      what: `${tokens}, which is not among the keys here`,
      next: 'Whoever is to unmask these needs its files: fetch or restore them, into MASQUE_KEYS_DIR.',
    };
  }
  if (key?.status === 'DISABLED' || key?.status === 'DESTROYED') {
    const disabled = key.status === 'DISABLED';
    return {
      code: disabled ? 'key_disabled' : 'key_destroyed',
      what: `${tokens}, which is ${key.status}`,
      next: disabled
        ? 'Undo it with `masque keys retire --undo` and take them over with `masque rekey`, before the key is destroyed.'
        : 'They can be compared and counted; their values are gone.',
    };
  }
  return undefined;
}

/** A key that makes tokens of this name and opens them, or else one that did. */
function holderOf(kid: string, described: KnownKeys['described']): KeyDescription | undefined {
  const holders = [...(described?.values() ?? [])].filter((key) => (key.tokenKid ?? key.kid) === kid);
  return holders.find((key) => isUsable(key)) ?? holders[0];
}

async function describedKeys(dir: string): Promise<Map<string, KeyDescription> | undefined> {
  try {
    const keys = await readDescription(keyPaths(dir).description);
    return new Map(keys.map((key) => [key.kid, key]));
  } catch (error) {
    // Whoever only looks after the database has no keys.
    if (error instanceof Fault && error.code === 'key_file_missing') return undefined;
    throw error;
  }
}
