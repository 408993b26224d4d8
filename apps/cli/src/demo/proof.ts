import { Fault } from '@masque/fault';
import { openUnmasker } from '@masque/keyring';
import type { MaskSpec, Pipeline } from '@masque/pipeline';
import type { Inspector } from '@masque/postgres-sink';
import { createTokenOpener } from '../tokens/opener.ts';
import type { Workspace } from './workspace.ts';

/** A token, how many rows have it, and its value, brought back with the custodian's key. */
export interface Proof {
  readonly token: string;
  readonly value: string;
  readonly count: number;
}

const irreversible: ReadonlySet<MaskSpec['method']> = new Set(['hmac', 'truncate', 'redact']);

/** The most repeated token of the first field that somebody can recover; undefined where nobody can. */
export async function prove(deps: {
  readonly workspace: Pick<Workspace, 'local' | 'databaseUrl'>;
  readonly pipeline: Pipeline;
  readonly inspector: Pick<Inspector, 'mostRepeated'>;
}): Promise<Proof | undefined> {
  const { workspace, pipeline, inspector } = deps;
  for (const { name, source } of pipeline.target.columns) {
    if (source.kind !== 'token' || irreversible.has(pipeline.mask[source.field]?.method ?? 'redact')) continue;
    const repeated = await inspector.mostRepeated(name);
    if (typeof repeated?.value !== 'string') return undefined;
    const unmasker = await openUnmasker(workspace.local.keysDir, pipeline);
    const opener = createTokenOpener({ unmasker, databaseUrl: () => workspace.databaseUrl });
    try {
      const [opened] = await opener.open([repeated.value], source.field);
      if (opened instanceof Fault) throw opened;
      return opened === undefined ? undefined : { token: repeated.value, value: opened.value, count: repeated.count };
    } finally {
      await opener.close();
    }
  }
  return undefined;
}
