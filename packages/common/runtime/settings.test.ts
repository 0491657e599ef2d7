import { expect, expectTypeOf, it } from 'vitest';
import {
  byMode,
  bytes,
  cidr,
  defineSettings,
  host,
  int,
  list,
  oneOf,
  onOff,
  optionalSetting,
  parseSettings,
  port,
  SettingsError,
  type SettingsOf,
  setting,
  settingsTable,
  text,
  url,
} from './settings.ts';

const table = defineSettings({
  port: setting('X_PORT', port(), { default: 8081, doc: 'HTTP port' }),
  size: setting('X_SIZE', bytes(), { default: 65_536, doc: 'largest message' }),
  level: setting('X_LEVEL', oneOf('low', 'high'), { default: 'low', doc: 'level' }),
  guests: setting('X_GUESTS', onOff(), { default: byMode(true, false), doc: 'guests may enter' }),
  nets: setting('X_NETS', list(cidr()), { default: [] as string[], doc: 'ranges' }),
  address: optionalSetting('X_URL', url('http:', 'https:'), { doc: 'fixed address' }),
  secret: optionalSetting('X_SECRET', int({ min: 10, max: 99 }), { doc: 'secret number', secret: true }),
  host: setting('X_HOST', host(), { default: '127.0.0.1', doc: 'where to listen' }),
  name: setting('X_NAME', text(), { default: 'it', doc: 'name' }),
});

it('gives defaults, by mode where they differ, and treats empty as unset', () => {
  const values: SettingsOf<typeof table> = parseSettings(table, { X_PORT: '', X_NAME: '  ' });
  expect(values).toMatchObject({ port: 8081, guests: true, nets: [], address: undefined, name: 'it' });
  for (const mode of ['production', ' production\r'])
    expect(parseSettings(table, { PARLEY_MODE: mode }).guests).toBe(false);
  expectTypeOf(values.level).toEqualTypeOf<'low' | 'high'>();
  expectTypeOf(values.port).toEqualTypeOf<number>();
});

it('reads every type', () => {
  const env = { X_PORT: '0', X_LEVEL: 'high', X_GUESTS: 'off', X_NETS: '10.0.0.0/8, ::1', X_URL: 'https://a.example/' };
  expect(parseSettings(table, env)).toMatchObject({
    port: 0,
    level: 'high',
    guests: false,
    nets: ['10.0.0.0/8', '::1'],
    address: 'https://a.example/',
  });
});

it('lists every problem at once, and never the value of a secret', () => {
  const env = {
    X_PORT: '70000',
    X_SIZE: '1e3',
    X_LEVEL: 'mid',
    X_GUESTS: 'yes',
    X_NETS: '10.0.0.0/33',
    X_URL: 'ftp://a.example',
    X_SECRET: '123456',
    X_HOST: 'not a host',
  };
  try {
    parseSettings(table, env, () => ['X_NAME: does not fit X_HOST']);
    expect.unreachable();
  } catch (err) {
    const { problems } = err as SettingsError;
    expect(err).toBeInstanceOf(SettingsError);
    expect(problems).toEqual([
      'X_PORT: "70000" is not a whole number from 0 to 65535',
      expect.stringMatching(/^X_SIZE: "1e3" is not a whole number/),
      'X_LEVEL: "mid" is not one of low, high',
      'X_GUESTS: "yes" is not on or off',
      'X_NETS: "10.0.0.0/33" is not an address range such as 10.0.0.0/8',
      'X_URL: "ftp://a.example" is not an address that begins with http:// or https://',
      'X_SECRET: its value is not a whole number from 10 to 99',
      'X_HOST: "not a host" is not an IP address or a host name',
      'X_NAME: does not fit X_HOST',
    ]);
  }
});

it('prints the table of a README', () => {
  expect(settingsTable(table).split('\n').slice(0, 6)).toEqual([
    '| setting | value | default | |',
    '|---|---|---|---|',
    '| `X_PORT` | port | `8081` | HTTP port |',
    '| `X_SIZE` | bytes | `65536` | largest message |',
    '| `X_LEVEL` | `low`, `high` | `low` | level |',
    '| `X_GUESTS` | `on` or `off` | `on` in development, `off` in production | guests may enter |',
  ]);
});
