/**
 * The one kind of error that may leave an adapter.
 *
 * Vendors' errors quote what they were given: PostgreSQL's `detail` repeats the row, V8's `JSON.parse` repeats the
 * body, BullMQ stores `message` and `stack` in Redis. So an adapter catches them at its edge and throws a `Fault`
 * whose text is written by us out of constants, names of settings and ids. A fault keeps no reference to the
 * vendor's error: a logger that walks `cause` must find nothing either.
 */
export interface FaultOptions {
  /** Waiting may mend it: an outage, a throttle, a restart. False: a wrong setting, a missing right. */
  readonly heals: boolean;
  /** The environment variable or flag to look at, where there is one. */
  readonly setting?: string;
  /** What the reader should do next, as a sentence. */
  readonly advice?: string;
  /** Names and numbers that help and carry no payload: SQLSTATE, HTTP status, queue name, batch id. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
  /** Another fault. Never a vendor's error. */
  readonly cause?: Fault;
}

// oxlint-disable-next-line no-control-regex -- these are what is looked for; line breaks are our own lists'
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

export class Fault extends Error {
  override readonly name = 'Fault';
  /** Stable, lower case, snake: `redis_unreachable`. */
  readonly code: string;
  readonly heals: boolean;
  readonly setting: string | undefined;
  readonly advice: string | undefined;
  readonly details: Readonly<Record<string, string | number | boolean>>;

  constructor(code: string, message: string, options: FaultOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.heals = options.heals;
    this.setting = options.setting;
    this.advice = options.advice;
    this.details = options.details ?? {};
  }

  /**
   * One line for a person: what, where to look, what to do. A message that ends its own line gets no full stop. Names in
   * it may be anybody's, so control characters are shown and not sent: a terminal must not obey them.
   */
  toLine(): string {
    const { message, advice = '' } = this;
    const setting = this.setting === undefined ? '' : ` (${this.setting})`;
    const line = message.endsWith('\n') ? `${message}${advice}` : `${message}${setting}. ${advice}`.trimEnd();
    return line.replaceAll(controls, '�');
  }

  toJSON(): Record<string, unknown> {
    // Details first: none of them may pass for the fault's own code.
    return {
      ...this.details,
      code: this.code,
      message: this.message,
      heals: this.heals,
      ...(this.setting === undefined ? {} : { setting: this.setting }),
      ...(this.advice === undefined ? {} : { advice: this.advice }),
    };
  }
}

/**
 * What is left when something threw that no adapter wrapped: a defect of ours. Its class name is kept, its words are
 * not, because nobody knows what they quote.
 */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  return new Fault('internal', `unexpected ${kindOf(error)}`, {
    heals: false,
    advice: 'This is a defect in Masque; its text is withheld because it may quote data.',
    details: { at: topFrame(error) },
  });
}

/** The class's own name: `name` and `constructor` of the error itself can be written to. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { constructor } = Object.getPrototypeOf(error) as { readonly constructor: { readonly name: string } };
  return constructor.name;
}

/** `file.ts:12:34` of the topmost frame: where, without what. A message can hold lines that look like frames. */
function topFrame(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { message, stack = '' } = error;
  const frames = stack.includes(message) ? stack.slice(stack.indexOf(message) + message.length) : '';
  return /\n    at .*?([\w.-]+\.[cm]?[jt]s:\d+:\d+)\)?$/m.exec(frames)?.[1] ?? 'unknown';
}
