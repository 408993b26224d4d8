import type { Fault } from '@masque/fault';
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from './log-level.ts';

/** Only scalars and faults: there is no way to hand a record, a message or a vendor's error to the log. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>> & { readonly fault?: never };

export interface Log {
  /** `event` is a stable name in snake case, to be counted and searched for; the rest are ids and numbers. */
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
  /** A fault as it may be shown: its code, words and details. */
  fault(event: string, fault: Fault, fields?: LogFields): void;
  /** The same log with fields on every line. */
  with(fields: LogFields): Log;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** On every line: stage, replica, pipeline. */
  readonly base: LogFields;
  /** Where the lines go. Default: standard output, written synchronously so that a crash loses none. */
  readonly destination?: DestinationStream;
}

/**
 * Names that would only ever carry what must not be logged. A second fence: the types above are the first, and the
 * sentinel test is the proof.
 */
const forbidden = ['body', 'bodies', 'record', 'row', 'value', 'receipt', 'password', 'secret', 'privateKey', 'detail'];

/** JSON lines with ISO 8601 times. */
export function createLog({ level, base, destination }: LogOptions): Log {
  const logger = pino(
    {
      level,
      base,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: forbidden, censor: '[withheld]' },
      hooks: { streamWrite: (line) => line.replaceAll(controls, escaped) },
    },
    destination ?? standardOutput(),
  );
  return wrap(logger);
}

/** JSON escapes the controls of ASCII; these it leaves as they are, and a terminal that shows a log may obey them. */
const controls = /[\u007f-\u009f\u2028\u2029]/g;

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** As much as may wait for a full disk to have room again; what is more is not logged. */
const waitingMax = 1_048_576;

/** A log that cannot be written, its disk being full, must not end the work that it tells of. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ fd: 1, sync: true, maxLength: waitingMax });
  output.on('error', () => {});
  return output;
}

function wrap(logger: pino.Logger): Log {
  return {
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warn: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    fault(event, fault, fields) {
      const level = fault.heals ? 'warn' : 'error';
      logger[level]({ ...fields, ...fault.toJSON() }, event);
    },
    with: (fields) => wrap(logger.child(fields)),
  };
}
