import type { SourceMessage } from '@masque/sqs-source';

export interface OpenBatch {
  readonly messages: SourceMessage[];
  /** Of the bodies, in UTF-8. */
  bytes: number;
  /** Epoch milliseconds at which the first message was received. */
  readonly receivedAt: number;
}

export interface BatchLimits {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly lingerMs: number;
}

export interface Batcher {
  add(messages: readonly SourceMessage[], receivedAt: number): void;
  /** Closes the open batch now. */
  flush(): void;
}

/**
 * Gathers messages of all pollers into batches. A batch is closed when it is full by count or by bytes, or when it
 * has waited long enough, and handed to `close` at once; no batch is empty.
 */
export function createBatcher(limits: BatchLimits, close: (batch: OpenBatch) => void): Batcher {
  let open: OpenBatch | undefined;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    if (open === undefined) return;
    const batch = open;
    open = undefined;
    close(batch);
  }

  return {
    flush,
    add(messages, receivedAt) {
      for (const message of messages) {
        const bytes = Buffer.byteLength(message.body);
        if (open !== undefined && open.bytes + bytes > limits.maxBytes) flush();
        if (open === undefined) {
          open = { messages: [], bytes: 0, receivedAt };
          timer = setTimeout(flush, limits.lingerMs);
        }
        open.messages.push(message);
        open.bytes += bytes;
        if (open.messages.length >= limits.maxMessages || open.bytes >= limits.maxBytes) flush();
      }
    },
  };
}
