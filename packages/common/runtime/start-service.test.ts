import { expect, it } from 'vitest';
import { commonSettings } from './common-settings.ts';
import { silentLogger } from './logger.ts';
import { defineSettings, optionalSetting, type SettingsOf, text } from './settings.ts';
import { createContext } from './start-service.ts';

const settings = defineSettings({
  ...commonSettings,
  cert: optionalSetting('TINY_CERT', text(), { doc: 'a file' }),
});

it("asks a service's own rule as well, and tells its problems with all the others", async () => {
  const definition = {
    name: 'tiny',
    settings,
    rule: ({ cert }: SettingsOf<typeof settings>) => (cert === undefined ? [] : ['TINY_CERT: needs TINY_KEY']),
  };
  const env = { TINY_CERT: 'a.pem', PARLEY_DRAIN_MS: 'soon', PARLEY_HOST: '0.0.0.0' };
  await expect(createContext(definition, env, silentLogger())).rejects.toMatchObject({
    problems: [
      expect.stringContaining('PARLEY_DRAIN_MS'),
      expect.stringContaining('PARLEY_HOST'),
      'TINY_CERT: needs TINY_KEY',
    ],
  });
});
