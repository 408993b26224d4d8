import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from '@masque/fault';
import type { LedgerUpkeep } from '@masque/postgres-sink';

export interface LedgerKeeperDeps {
  readonly keep: () => Promise<LedgerUpkeep>;
  /** Days were retired. */
  readonly onKept: (upkeep: LedgerUpkeep) => void;
  readonly onFault: (fault: Fault) => void;
  /** Default an hour. */
  readonly everyMs?: number;
  /** After a round that found a lock held, or failed. Default a minute. */
  readonly againMs?: number;
}

/** Looks after the ledger's days for as long as the loader runs. Loading does not depend on it: it makes the days it lacks. */
export function createLedgerKeeper(deps: LedgerKeeperDeps): { start(): void; stop(): void } {
  const { keep, onKept, onFault, everyMs = 3_600_000, againMs = 60_000 } = deps;
  const stopped = new AbortController();

  async function round(): Promise<number> {
    try {
      const upkeep = await keep();
      if (upkeep.detached.length + upkeep.dropped.length > 0) onKept(upkeep);
      return upkeep.busy ? againMs : everyMs;
    } catch (error) {
      // The connections are closed while a round is at it; the next loader's does the same.
      if (stopped.signal.aborted) return againMs;
      onFault(toFault(error));
      return againMs;
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const pauseMs = await round();
      await sleep(pauseMs, undefined, { signal: stopped.signal, ref: false }).catch(() => {});
    }
  }

  return {
    start: () => void run(),
    stop: () => stopped.abort(),
  };
}
