import { commonSettings } from '@parley/common/runtime/common-settings';
import { type SettingsTable, settingsTable } from '@parley/common/runtime/settings';
import { settingsByService } from './all-settings.ts';

/**
 * Fills in the settings tables of a Markdown document: what stands between `<!-- settings: chat-ws -->` and
 * `<!-- end -->` becomes that service's own settings, `every service` those that all have.
 */
export function fillInSettings(markdown: string): string {
  return markdown.replace(
    /(<!-- settings: (.+?) -->)[\s\S]*?(<!-- end -->)/g,
    (_all, start: string, name: string, end: string) => `${start}\n\n${settingsTable(tableOf(name))}\n\n${end}`,
  );
}

function tableOf(name: string): SettingsTable {
  if (name === 'every service') return commonSettings;
  const table = Object.entries<SettingsTable>(settingsByService).find(([service]) => service === name)?.[1];
  if (!table) throw new Error(`there is no service "${name}" whose settings could be filled in`);
  const common = new Set<string>(Object.values(commonSettings).map(({ env }) => env));
  return Object.fromEntries(Object.entries(table).filter(([, { env }]) => !common.has(env)));
}
