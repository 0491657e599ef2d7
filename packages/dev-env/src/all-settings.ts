import { settings as worker } from '@parley/api-client-worker/settings';
import { chatWsSettings } from '@parley/chat-ws/settings';
import { type CommonSettings, commonSettings } from '@parley/common/runtime/common-settings';
import type { SettingsTable, TableOf } from '@parley/common/runtime/settings';
import { gatewaySettings } from '@parley/tcp-gateway/settings';
import { settings as discovery } from '@parley/udp-discovery/settings';
import { settings as usersApi } from '@parley/users-api/settings';

/** The settings of each service, by its name. */
export const settingsByService = {
  'udp-discovery': discovery,
  'users-api': usersApi,
  'chat-ws': chatWsSettings,
  'tcp-gateway': gatewaySettings,
  'api-client-worker': worker,
} satisfies Record<string, SettingsTable>;

/** The settings that are a service's own. */
export const ownSettings = Object.values<SettingsTable>(settingsByService)
  .flatMap((table) => Object.values(table))
  .filter(({ env }) => Object.values(commonSettings).every((common) => common.env !== env));

/** All settings as one table: what several services have is in it once. */
export const allSettings: TableOf<CommonSettings> = {
  ...Object.fromEntries(ownSettings.map((setting) => [setting.env, setting])),
  ...commonSettings,
};
