import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SettingsTable } from '@parley/common/runtime/settings';
import { expect, test } from 'vitest';
import { httpPorts } from '../../../infra/docker/healthcheck.ts';
import { settingsByService } from '../src/all-settings.ts';
import { fillInSettings } from '../src/settings-doc.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('docs/operations.md lists the settings as they are (else: node packages/dev-env/src/write-settings-doc.ts)', async () => {
  const written = await readFile(join(ROOT, 'docs/operations.md'), 'utf8');
  for (const name of ['every service', ...Object.keys(settingsByService)]) {
    expect(written).toContain(`<!-- settings: ${name} -->`);
  }
  expect(written).toBe(fillInSettings(written));
});

test("the containers' health check knows each service's HTTP port", () => {
  const entries = Object.entries<SettingsTable>(settingsByService).map(([name, table]) => {
    const setting = table.httpPort ?? table.port;
    return [name, { setting: setting?.env, default: setting?.default }];
  });
  expect(httpPorts).toEqual(Object.fromEntries(entries));
});

test('docker-compose.yml sets only settings that there are', async () => {
  const compose = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8');
  const known = new Set(
    Object.values<SettingsTable>(settingsByService)
      .flatMap((table) => Object.values(table))
      .map(({ env }) => env),
  );
  const set = [...compose.matchAll(/^ {2,6}([A-Z_]+): /gm)].map(([, name]) => name as string);
  const foreign = set.filter((name) => !known.has(name));
  expect(new Set(foreign)).toEqual(new Set(['POSTGRES_USER', 'POSTGRES_DB', 'POSTGRES_PASSWORD', 'NATS_PASSWORD']));
});
