import { Fault } from '@masque/fault';
import { packBase64, packTexts } from '@masque/handoff';
import { type extracted, type ExtractedBatch, sealContext } from '@masque/handoff-extracted';
import type { masked, MaskedBatch } from '@masque/handoff-masked';
import type { Delivery, Outcome, Publisher } from '@masque/job-queue';
import type { Masker, OriginKeys, VaultEntry } from '@masque/masking';
import type { Span, Tracing } from '@masque/observability';
import { type Opener, quarantineContext, type Sealer } from '@masque/sealing';
import type { BatchInput, MaskedColumns } from './mask-batch.ts';
import { points } from './points.ts';

export interface HandlerDeps {
  readonly pipeline: string;
  readonly opener: Opener;
  /** Seals rejected bodies to the custodian. */
  readonly quarantineSealer: Sealer;
  readonly maskBatch: (batch: BatchInput) => MaskedColumns;
  /** Columns of the target whose cells are texts. */
  readonly textColumns: ReadonlySet<string>;
  readonly keys: Masker['keys'];
  readonly origins: Pick<OriginKeys, 'verify'>;
  /** A message claims an origin that nobody who may has signed. */
  readonly onForgedOrigin: (messageId: string) => void;
  readonly publisher: Publisher<typeof masked>;
  readonly tracing: Pick<Tracing, 'span'>;
  readonly onMasked: (batch: MaskedColumns, seconds: number) => void;
}

/** One batch: open, mask, hand over. Running it twice hands over the same job under the same id. */
export function createHandler(deps: HandlerDeps) {
  return ({ batch }: Delivery<typeof extracted>): Promise<Outcome> => {
    const { batch: id, pipeline, messageIds, trace: parent } = batch;
    return deps.tracing.span('mask', { batch: id, pipeline, messages: messageIds.length, parent }, (span) =>
      handle(batch, span),
    );
  };

  async function handle(batch: ExtractedBatch, span: Span): Promise<Outcome> {
    const began = performance.now();
    const bodies = await deps.opener.open(batch.sealed, sealContext(batch.pipeline, batch.batch));
    if (bodies.length !== batch.messageIds.length) throw miscounted(batch.batch);
    const { messageIds, sentAt } = identities(batch, deps);
    const result = deps.maskBatch({ bodies, messageIds, sentAt });
    const rejects = await Promise.all(
      result.rejects.map(async ({ at, reason, fields }) => {
        const context = quarantineContext(deps.pipeline, messageIds[at] ?? '');
        const sealed = await deps.quarantineSealer.seal([bodies[at] ?? Buffer.alloc(0)], context);
        return { at, reason, fields: [...fields], body: sealed.toString('base64') };
      }),
    );
    points.masked.publish(undefined);
    const { deadline, receivedAt, receipts } = batch;
    await deps.publisher.publish({
      batch: batch.batch,
      pipeline: batch.pipeline,
      deadline,
      receivedAt,
      messageIds,
      receipts,
      sentAt,
      trace: span.traceparent,
      rows: [...result.rows],
      columns: onTheWire(result.columns, deps.textColumns),
      rejects,
      ...(result.entries.length === 0 ? {} : { entries: inColumns(result.entries) }),
      keys: deps.keys().map(({ kid, method, fingerprint }) => ({ kid, method, fingerprint })),
    });
    span.set({ 'masque.rows': result.rows.length, 'masque.rejects': rejects.length });
    points.handed.publish(undefined);
    deps.onMasked(result, (performance.now() - began) / 1_000);
    return 'done';
  }
}

/** Texts go packed: the loader passes them on and makes none of them. */
function onTheWire(columns: MaskedColumns['columns'], texts: ReadonlySet<string>): MaskedBatch['columns'] {
  return Object.fromEntries(
    Object.entries(columns).map(([name, cells]) => [
      name,
      texts.has(name) ? packTexts(cells as readonly (string | null)[]) : [...cells],
    ]),
  );
}

function inColumns(entries: readonly VaultEntry[]): NonNullable<MaskedBatch['entries']> {
  return {
    tokens: entries.map(({ token }) => token),
    kids: entries.map(({ kid }) => kid),
    ciphertexts: packBase64(entries.map(({ ciphertext }) => ciphertext)),
  };
}

/** A message that was sent again goes by its first id and time, or it would be loaded twice. */
function identities(
  { messageIds, sentAt, origins = [] }: ExtractedBatch,
  deps: Pick<HandlerDeps, 'origins' | 'onForgedOrigin'>,
): Pick<ExtractedBatch, 'messageIds' | 'sentAt'> {
  const firsts = origins.map((text) => (text === '' ? undefined : deps.origins.verify(text)));
  for (const [at, text] of origins.entries()) {
    if (text !== '' && firsts[at] === undefined) deps.onForgedOrigin(messageIds[at] ?? '');
  }
  return {
    messageIds: messageIds.map((id, at) => firsts[at]?.id ?? id),
    sentAt: sentAt.map((time, at) => firsts[at]?.sentAt ?? time),
  };
}

function miscounted(batch: string): Fault {
  return new Fault('batch_miscounted', 'a sealed batch holds another number of bodies than its job says', {
    heals: false,
    details: { batch },
  });
}
