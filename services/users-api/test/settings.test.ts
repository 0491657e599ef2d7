import { readFile } from 'node:fs/promises';
import { parseSettings, SettingsError, settingsTable } from '@parley/common/runtime/settings';
import { expect, test } from 'vitest';
import { type Settings, settings } from '../src/settings.ts';

test('the README has the settings table', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(cells(readme)).toContain(cells(settingsTable(settings)));
});

/** A table's text, however wide the formatter has made its columns. */
function cells(markdown: string): string {
  return markdown.replace(/ *\| */g, '|').replace(/-{3,}/g, '---');
}

test('malformed settings are told all at once, without the secrets', () => {
  const env = {
    USERS_API_PORT: '80800',
    USERS_DATABASE_URL: 'mysql://root:hunter2@db/users',
    PARLEY_SETUP_TOKEN: 'short',
    PARLEY_ORIGINS: 'https://ok.example.org, https://app.example.org/path',
    USERS_ACCESS_TOKEN_MS: '15m',
    USERS_HASH_CONCURRENCY: '0',
    PARLEY_MODE: 'prod',
  };
  const { problems } = failureOf(() => parseSettings<Settings>(settings, env));
  expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual(Object.keys(env).sort());
  expect(problems.join('\n')).not.toMatch(/hunter2|short"/);
});

function failureOf(parse: () => unknown): SettingsError {
  try {
    parse();
  } catch (err) {
    if (err instanceof SettingsError) return err;
  }
  throw new Error('that should have failed with a SettingsError');
}

test('origins are taken as browsers send them', () => {
  const parse = (PARLEY_ORIGINS: string) => parseSettings<Settings>(settings, { PARLEY_ORIGINS }).origins;
  expect(parse('https://App.example.org,http://localhost:5173')).toEqual([
    'https://app.example.org',
    'http://localhost:5173',
  ]);
  for (const wrong of ['*', 'app.example.org', 'https://a.example.org/', 'ftp://a.example.org']) {
    expect(() => parse(wrong)).toThrow('is not an origin');
  }
});
