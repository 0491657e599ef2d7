import { expect, it } from 'vitest';
import { checkCommonSettings, commonSettings } from './common-settings.ts';
import { parseSettings, type SettingsError } from './settings.ts';

function problems(env: Record<string, string>): string[] {
  try {
    parseSettings(commonSettings, env, (values) => checkCommonSettings(values, env));
    return [];
  } catch (err) {
    return (err as SettingsError).problems;
  }
}

it('takes an address that others can reach only when the mode is said', () => {
  expect(problems({ PARLEY_HOST: '::1' })).toEqual([]);
  expect(problems({ PARLEY_HOST: '0.0.0.0', PARLEY_MODE: 'development' })).toEqual([]);
  for (const mode of ['', ' '])
    expect(problems({ PARLEY_HOST: '0.0.0.0', PARLEY_MODE: mode })).toEqual([
      expect.stringContaining('PARLEY_HOST: "0.0.0.0" can be reached from other machines'),
    ]);
});

it('says of an address that is none just that', () => {
  expect(problems({ PARLEY_HOST: 'not a host' })).toEqual([
    'PARLEY_HOST: "not a host" is not an IP address or a host name',
  ]);
});
