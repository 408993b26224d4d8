import type { Snapshot } from '@masque/local-pipeline';
import { type Pipeline, toTarget } from '@masque/pipeline';
import { type Cell, createInspector } from '@masque/postgres-sink';
import { type Proof, prove } from './proof.ts';
import type { Workspace } from './workspace.ts';

/** Where every message ended, as the stores themselves tell it. */
export interface Account {
  readonly pipeline: Pipeline;
  readonly sent: number;
  readonly loaded: number;
  readonly quarantined: { readonly total: number; readonly reasons: Readonly<Record<string, number>> };
  /** By masked field: rows with a token, and different tokens. */
  readonly duplicates: Readonly<Record<string, { readonly values: number; readonly distinct: number }>>;
  readonly settled: number;
  readonly queueEmpty: boolean;
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly proof: Proof | undefined;
  readonly snapshot: Snapshot;
  /** From the first receive to the last commit. */
  readonly workSeconds: number;
  /** The whole run. */
  readonly seconds: number;
  /** Every message sent is in exactly one place, and the queue is empty. */
  readonly complete: boolean;
}

/** What stood in the stores before: a kept folder has the messages of earlier runs. */
export interface Tally {
  readonly settledInLedger: number;
  readonly quarantined: { readonly total: number; readonly reasons: Readonly<Record<string, number>> };
  readonly rows: number;
  readonly queued: number;
}

export async function takeTally({ databaseUrl, stack, queueUrl }: Workspace, pipeline: Pipeline): Promise<Tally> {
  const inspector = createInspector({ databaseUrl, target: toTarget(pipeline) });
  try {
    const [{ settledInLedger, quarantined }, rows, { visible, inFlight, delayed }] = await Promise.all([
      inspector.counts(),
      inspector.rows(),
      stack.sqs.counts(queueUrl),
    ]);
    return { settledInLedger, quarantined, rows, queued: visible + inFlight + delayed };
  } finally {
    await inspector.close();
  }
}

export async function account(options: {
  readonly workspace: Workspace;
  readonly pipeline: Pipeline;
  readonly before: Tally;
  readonly sent: number;
  readonly snapshot: Snapshot;
  readonly seconds: number;
}): Promise<Account> {
  const { workspace, pipeline, before, sent, snapshot, seconds } = options;
  const after = await takeTally(workspace, pipeline);
  const settled = after.settledInLedger - before.settledInLedger;
  const quarantined = since(before.quarantined, after.quarantined);
  const loaded = settled - quarantined.total;
  const inspector = createInspector({ databaseUrl: workspace.databaseUrl, target: toTarget(pipeline) });
  try {
    const tokenColumns = pipeline.target.columns.flatMap(({ name, source }) =>
      source.kind === 'token' ? [{ column: name, field: source.field }] : [],
    );
    const [rows, ...distinct] = await Promise.all([
      inspector.sample(4),
      ...tokenColumns.map(({ column }) => inspector.distinct(column)),
    ]);
    const queueEmpty = after.queued === 0;
    return {
      pipeline,
      sent,
      loaded,
      quarantined,
      duplicates: Object.fromEntries(
        tokenColumns.map(({ field }, at) => [field, distinct[at] ?? { values: 0, distinct: 0 }]),
      ),
      settled: snapshot.deleted,
      queueEmpty,
      rows,
      proof: await prove({ workspace, pipeline, inspector }),
      snapshot,
      workSeconds: ((snapshot.lastCommit ?? 0) - (snapshot.firstReceived ?? 0)) / 1_000,
      seconds,
      complete: queueEmpty && settled === before.queued + sent && after.rows - before.rows === loaded,
    };
  } finally {
    await inspector.close();
  }
}

function since(before: Tally['quarantined'], after: Tally['quarantined']): Tally['quarantined'] {
  const reasons = Object.entries(after.reasons)
    .map(([reason, total]): [string, number] => [reason, total - (before.reasons[reason] ?? 0)])
    .filter(([, total]) => total > 0);
  return { total: after.total - before.total, reasons: Object.fromEntries(reasons) };
}
