import { allSettings, ownSettings } from './all-settings.ts';
import { takeFreePorts } from './free-ports.ts';

export type OwnEnvironmentOptions = {
  /** Where the services keep their data. */
  dataDir: string;
  /** PostgreSQL; without it SQLite below `dataDir`. */
  databaseUrl?: string | undefined;
  /** Settings that differ from the defaults of development. */
  env?: Record<string, string> | undefined;
};

export type OwnEnvironment = {
  /** The services' settings. */
  env: Record<string, string>;
  /** What a service listens on, by the setting: `port('CHAT_WS_PORT')`. */
  port(setting: string): number;
};

/** Settings by which services find each other and nobody else: free ports of 127.0.0.1, and data of their own. */
export async function createOwnEnvironment(options: OwnEnvironmentOptions): Promise<OwnEnvironment> {
  const variables = [...new Set(ownSettings.filter(({ type }) => type.name === 'port').map(({ env }) => env))];
  const numbers = await takeFreePorts(variables.length);
  const ports = new Map(variables.map((variable, i) => [variable, numbers[i] as number]));

  function port(setting: string): number {
    const found = ports.get(setting);
    if (found === undefined) throw new Error(`there is no port "${setting}"`);
    return found;
  }

  const env = {
    ...Object.fromEntries([...ports].map(([variable, number]) => [variable, `${number}`])),
    ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
    PARLEY_DATA_DIR: options.dataDir,
    PARLEY_LOG_FORMAT: 'json',
    DISCOVERY_URL: `udp://127.0.0.1:${port('DISCOVERY_PORT')}`,
    ...options.env,
  };
  return { env, port };
}

/** An environment less all settings of Parley that it may have. */
export function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings = new Set(Object.values(allSettings).map((setting) => setting.env));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !settings.has(name)));
}
