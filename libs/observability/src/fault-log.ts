import type { Fault } from '@masque/fault';
import type { Log, LogFields } from './log.ts';

export type FaultLog = (event: string, fault: Fault, fields?: LogFields) => void;

/**
 * Faults come in storms: BullMQ alone emits 200 a second while Redis is full. The first of each code is logged at
 * once, the next not before `everyMs`, with the number that was held back in `suppressed`.
 */
export function createFaultLog(
  log: Log,
  options: { readonly everyMs?: number; readonly now?: () => number } = {},
): FaultLog {
  const { everyMs = 10_000, now = Date.now } = options;
  const last = new Map<string, { at: number; suppressed: number }>();
  return (event, fault, fields) => {
    const key = `${event} ${fault.code}`;
    const seen = last.get(key);
    if (seen !== undefined && now() - seen.at < everyMs) {
      seen.suppressed += 1;
      return;
    }
    log.fault(
      event,
      fault,
      seen === undefined || seen.suppressed === 0 ? fields : { ...fields, suppressed: seen.suppressed },
    );
    last.set(key, { at: now(), suppressed: 0 });
  };
}
