import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, toFault } from './fault.ts';

export interface BackoffOptions {
  /** First pause, milliseconds. Default 100. */
  readonly baseMs?: number;
  /** Longest pause, milliseconds. Default 5,000. */
  readonly capMs?: number;
  /** 0 up to but not including 1; replaced in tests. */
  readonly random?: () => number;
}

/**
 * The pause before try `attempt` (1 is the first retry): exponential with full jitter, so that replicas which failed
 * together do not return together. At least a tenth of the ceiling, so that a pause is a pause.
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog.
 */
export function backoff(attempt: number, options: BackoffOptions = {}): number {
  const { baseMs = 100, capMs = 5_000, random = Math.random } = options;
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return Math.round(ceiling * (0.1 + 0.9 * random()));
}

export interface RetryOptions extends BackoffOptions {
  readonly signal?: AbortSignal;
  /** Called before each pause. */
  readonly onRetry?: (fault: Fault, attempt: number, pauseMs: number) => void;
}

/**
 * Runs `action` until it succeeds, throws a fault that no waiting heals, or the signal aborts (then the last fault is
 * thrown).
 */
export async function retry<T>(action: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      const fault = toFault(error);
      if (!fault.heals || options.signal?.aborted) throw fault;
      const pauseMs = backoff(attempt, options);
      options.onRetry?.(fault, attempt, pauseMs);
      try {
        await sleep(pauseMs, undefined, options.signal === undefined ? {} : { signal: options.signal });
      } catch {
        throw fault;
      }
    }
  }
}
