import { Fault } from '@masque/fault';

/**
 * Settings are environment variables, read once by one function an app, every fault reported at once. A bad value is
 * never turned into a default, and the value of a secret is never repeated.
 */
export interface Setting<T> {
  /** One sentence for `--help`, `.env.example` and the README. */
  readonly doc: string;
  readonly unit?: string;
  /** Shown as the default; absent when there is none. */
  readonly fallback?: string;
  readonly secret?: boolean;
  /** The value, or what is wrong, to follow the setting's name: "is not …". */
  parse(this: void, text: string): { readonly value: T } | { readonly wrong: string };
  /** The value when the variable is unset or empty, or undefined when it must be set. */
  readonly absent?: { readonly value: T };
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;
export type SettingsOf<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

interface Common {
  readonly doc: string;
  readonly unit?: string;
  readonly secret?: boolean;
}

export function text(options: Common & { readonly fallback: string }): Setting<string>;
export function text(options: Common & { readonly optional: true }): Setting<string | undefined>;
export function text(options: Common): Setting<string>;
export function text(
  options: Common & { readonly fallback?: string; readonly optional?: boolean },
): Setting<string | undefined> {
  return make(options, (value) => ({ value }));
}

export function integer(
  options: Common & { readonly fallback: number; readonly min: number; readonly max: number },
): Setting<number> {
  const { min, max } = options;
  return make({ ...options, fallback: String(options.fallback) }, (value) => {
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    return number >= min && number <= max
      ? { value: number }
      : { wrong: `is not a whole number from ${min} to ${max}` };
  });
}

/** A share of a whole, 0 to 1, as OpenTelemetry's samplers are given theirs. */
export function fraction(options: Common & { readonly fallback: number }): Setting<number> {
  return make({ ...options, fallback: String(options.fallback) }, (value) => {
    const number = /^(0(\.\d{1,9})?|1(\.0{1,9})?)$/.test(value) ? Number(value) : Number.NaN;
    return Number.isNaN(number) ? { wrong: 'is not a number from 0 to 1' } : { value: number };
  });
}

export function oneOf<const T extends string>(
  options: Common & { readonly choices: readonly T[]; readonly fallback: NoInfer<T> },
): Setting<T> {
  return make(options, (value) => {
    const choice = options.choices.find((each) => each === value);
    return choice === undefined ? { wrong: `is not one of ${options.choices.join(', ')}` } : { value: choice };
  });
}

export function flag(options: Common & { readonly fallback: boolean }): Setting<boolean> {
  return make({ ...options, fallback: String(options.fallback) }, (value) =>
    value === 'true' || value === 'false' ? { value: value === 'true' } : { wrong: 'is neither true nor false' },
  );
}

/** A URL of one of some schemes, kept as text. URLs may carry passwords, so none is ever repeated. */
export function url(
  options: Common & { readonly schemes: readonly string[]; readonly optional: true },
): Setting<string | undefined>;
export function url(
  options: Common & { readonly schemes: readonly string[]; readonly fallback?: string },
): Setting<string>;
export function url(
  options: Common & { readonly schemes: readonly string[]; readonly fallback?: string; readonly optional?: boolean },
): Setting<string | undefined> {
  const schemes = options.schemes.map((scheme) => `${scheme}://`);
  return make(options, (value) =>
    URL.canParse(value) && schemes.some((scheme) => value.startsWith(scheme))
      ? { value }
      : { wrong: `is not a URL that begins with ${schemes.join(' or ')}` },
  );
}

function make<T>(
  options: Common & { readonly fallback?: string; readonly optional?: boolean },
  parse: Setting<T>['parse'],
): Setting<T> {
  const { doc, unit, secret, fallback, optional } = options;
  const base = { doc, parse, ...(unit === undefined ? {} : { unit }), ...(secret === undefined ? {} : { secret }) };
  if (fallback !== undefined) {
    const parsed = parse(fallback);
    if ('wrong' in parsed) throw new TypeError(`a default ${parsed.wrong}`);
    return { ...base, fallback, absent: parsed };
  }
  return optional === true ? { ...base, absent: { value: undefined as T } } : base;
}

/**
 * @param check across settings: each string is a fault, in the words that follow "settings are wrong:".
 * @throws {Fault} `settings_invalid`, naming every fault
 */
export function readSettings<S extends Settings>(
  settings: S,
  env: Readonly<Record<string, string | undefined>>,
  check: (values: SettingsOf<S>) => readonly string[] = () => [],
): SettingsOf<S> {
  const values: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const given = env[name]?.trim() ?? '';
    const parsed = given === '' ? (setting.absent ?? { wrong: 'is not set' }) : setting.parse(given);
    if ('wrong' in parsed) faults.push(`${name} ${parsed.wrong}. ${setting.doc}`);
    else values[name] = parsed.value;
  }
  if (faults.length === 0) faults.push(...check(values as SettingsOf<S>));
  if (faults.length > 0) {
    throw new Fault('settings_invalid', `settings are wrong:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n`, {
      heals: false,
      advice: 'Run with --help for all settings, their units and defaults.',
    });
  }
  return values as SettingsOf<S>;
}

export interface SettingDescription {
  readonly name: string;
  readonly doc: string;
  readonly unit: string;
  readonly fallback: string;
  readonly need: 'required' | 'optional';
}

/** What `--help`, `.env.example` and the README's table are made from. */
export function describeSettings(settings: Settings): SettingDescription[] {
  return Object.entries(settings).map(([name, setting]) => ({
    name,
    doc: setting.doc,
    unit: setting.unit ?? '',
    fallback: setting.fallback ?? '',
    need: setting.absent === undefined ? 'required' : 'optional',
  }));
}
