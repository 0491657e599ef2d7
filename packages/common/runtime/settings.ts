import { isIP } from 'node:net';

/**
 * One declarative table per service: it gives the parser, the types and the README's table. A malformed value is an
 * error, never a silent default, and all errors are told at once. Empty values count as unset.
 */
export type Mode = 'development' | 'production';

/** Reads one environment variable's text; throws an Error that says what is expected. */
export type ValueType<T> = { name: string; parse: (raw: string) => T };

type ByMode<T> = { byMode: Record<Mode, T> };

export type Setting<T> = {
  env: string;
  type: ValueType<unknown>;
  default: T | ByMode<T>;
  doc: string;
  /** How the default reads in the README's table, where its value says too little. */
  defaultDoc?: string;
  /** Never printed. */
  secret?: boolean;
};

export type SettingsTable = Record<string, Setting<unknown>>;

export type SettingsOf<Table extends SettingsTable> = {
  [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : never;
};

type Options<T> = { default: T | ByMode<T>; doc: string; defaultDoc?: string; secret?: boolean };

export function setting<const T>(env: string, type: ValueType<T>, options: Options<T>): Setting<T> {
  return { env, type, ...options };
}

/** A setting that may stay unset. */
export function optionalSetting<T>(
  env: string,
  type: ValueType<T>,
  options: Omit<Options<T>, 'default'>,
): Setting<T | undefined> {
  return { env, type, default: undefined, ...options };
}

export function byMode<T>(development: T, production: T): ByMode<T> {
  return { byMode: { development, production } };
}

export function defineSettings<Table extends Record<string, Setting<unknown>>>(table: Table): Table {
  return table;
}

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: string[];

  constructor(problems: string[]) {
    super(`these settings are wrong:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

export type Env = Record<string, string | undefined>;

/** The table that gives these values. */
export type TableOf<Values> = { [Key in keyof Values]: Setting<Values[Key]> };

/** What must hold between settings: a sentence for each violation. What could not be parsed is undefined. */
export type SettingsRule<Values> = (values: Values, env: Env) => string[];

/** @throws SettingsError with every problem of every setting and rule */
export function parseSettings<Values>(table: TableOf<Values>, env: Env, rule: SettingsRule<Values> = () => []): Values {
  const problems: string[] = [];
  const mode: Mode = env.PARLEY_MODE?.trim() === 'production' ? 'production' : 'development';
  const values: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries<Setting<unknown>>(table)) {
    const raw = env[entry.env]?.trim();
    if (!raw) {
      values[key] = defaultOf(entry, mode);
      continue;
    }
    try {
      values[key] = entry.type.parse(raw);
    } catch (err) {
      const shown = entry.secret ? 'its value' : JSON.stringify(raw);
      problems.push(`${entry.env}: ${shown} ${(err as Error).message}`);
    }
  }
  const settings = values as Values;
  problems.push(...rule(settings, env));
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

function defaultOf(entry: Setting<unknown>, mode: Mode): unknown {
  return isByMode(entry.default) ? entry.default.byMode[mode] : entry.default;
}

function isByMode(value: unknown): value is ByMode<unknown> {
  return typeof value === 'object' && value !== null && 'byMode' in value;
}

/** The rows of a README's settings table, in Markdown. */
export function settingsTable(table: SettingsTable): string {
  const rows = Object.values(table).map(
    (entry) => `| \`${entry.env}\` | ${entry.type.name} | ${defaultText(entry)} | ${entry.doc} |`,
  );
  return ['| setting | value | default | |', '|---|---|---|---|', ...rows].join('\n');
}

function defaultText(entry: Setting<unknown>): string {
  if (entry.defaultDoc) return entry.defaultDoc;
  if (!isByMode(entry.default)) return show(entry.default);
  const { development, production } = entry.default.byMode;
  return `${show(development)} in development, ${show(production)} in production`;
}

function show(value: unknown): string {
  if (value === undefined) return 'unset';
  if (typeof value === 'boolean') return value ? '`on`' : '`off`';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `\`${value.join(',')}\``;
  return value === '' ? 'empty' : `\`${value}\``;
}

function fail(expected: string): never {
  throw new Error(`is not ${expected}`);
}

export const text = (): ValueType<string> => ({ name: 'text', parse: (raw) => raw });

export function int({ min, max }: { min: number; max: number }): ValueType<number> {
  return {
    name: `${min}–${max}`,
    parse(raw) {
      const value = /^-?\d+$/.test(raw) ? Number(raw) : Number.NaN;
      return value >= min && value <= max ? value : fail(`a whole number from ${min} to ${max}`);
    },
  };
}

/** A TCP or UDP port; 0 takes a free one. */
export const port = (): ValueType<number> => ({ ...int({ min: 0, max: 65_535 }), name: 'port' });

/** A length of time in whole milliseconds. */
export const millis = (max = 86_400_000): ValueType<number> => ({ ...int({ min: 0, max }), name: 'ms' });

export const bytes = (max = 1 << 30): ValueType<number> => ({ ...int({ min: 1, max }), name: 'bytes' });

export const onOff = (): ValueType<boolean> => ({
  name: '`on` or `off`',
  parse: (raw) => (raw === 'on' ? true : raw === 'off' ? false : fail('on or off')),
});

export function oneOf<const T extends string>(...choices: T[]): ValueType<T> {
  return {
    name: choices.map((choice) => `\`${choice}\``).join(', '),
    parse: (raw) => choices.find((choice) => choice === raw) ?? fail(`one of ${choices.join(', ')}`),
  };
}

export function url(...protocols: string[]): ValueType<string> {
  return {
    name: protocols.map((protocol) => `${protocol}//…`).join(' or '),
    parse(raw) {
      const parsed = URL.parse(raw);
      if (!parsed || !protocols.includes(parsed.protocol))
        fail(`an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`);
      return raw;
    },
  };
}

/** An IP address or a host name. */
export const host = (): ValueType<string> => ({
  name: 'address',
  parse: (raw) =>
    isIP(raw) || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(raw) ? raw : fail('an IP address or a host name'),
});

/** `scheme://host[:port]`, as browsers send it in `Origin` (RFC 6454 §6.1). */
export const origin = (): ValueType<string> => ({
  name: 'origin',
  parse(raw) {
    const parsed = URL.parse(raw);
    if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.origin !== raw.toLowerCase()) {
      fail('an origin such as https://app.example.org');
    }
    return parsed.origin;
  },
});

/** Comma-separated values. */
export function list<T>(item: ValueType<T>): ValueType<T[]> {
  return {
    name: `list of ${item.name}`,
    parse: (raw) =>
      raw
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean)
        .map((part) => item.parse(part)),
  };
}

/** An address range such as `10.0.0.0/8`, or a single address. */
export const cidr = (): ValueType<string> => ({
  name: 'range',
  parse(raw) {
    const [address = '', bits, more] = raw.split('/');
    const family = isIP(address);
    const width = bits === undefined ? 0 : /^\d+$/.test(bits) ? Number(bits) : Number.NaN;
    const fits = width <= (family === 6 ? 128 : 32);
    return family && fits && more === undefined ? raw : fail('an address range such as 10.0.0.0/8');
  },
});
