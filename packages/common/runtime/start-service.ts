import { randomBytes } from 'node:crypto';
import packageJson from '../package.json' with { type: 'json' };
import { type Closers, createClosers } from './closers.ts';
import { type CommonSettings, checkCommonSettings } from './common-settings.ts';
import { type KeyRing, openKeyRing } from './key-ring.ts';
import { createLogger, type Logger } from './logger.ts';
import { type Env, parseSettings, type SettingsRule, type TableOf } from './settings.ts';

/** What a service is given to build itself with. `closers` releases, last in first out, all that it acquires. */
export type ServiceContext<Settings extends CommonSettings = CommonSettings> = {
  name: string;
  /** Tells processes of one service apart; a DNS label. */
  instance: string;
  version: string;
  settings: Settings;
  log: Logger;
  keys: KeyRing;
  closers: Closers;
};

/** An address to show to people, such as `{ label: 'lines, frames, TLS', url: 'tcp://127.0.0.1:7000' }`. */
export type ServiceAddress = { label: string; url: string };

export type ServiceDefinition<Settings extends CommonSettings> = {
  name: string;
  settings: TableOf<Settings>;
  /** What must hold between the service's own settings. */
  rule?: SettingsRule<Settings>;
  /** Wires the service; resolves once it serves. */
  create(context: ServiceContext<Settings>): Promise<{ addresses: ServiceAddress[] }>;
};

export type StartedService = {
  name: string;
  addresses: ServiceAddress[];
  drainMs: number;
  /** Drains, then releases everything by the deadline `PARLEY_DRAIN_MS`. May be called more than once. */
  close(): Promise<void>;
};

/** Starts a service in this process. What was acquired is released again when starting fails half-way. */
export async function startService<Settings extends CommonSettings>(
  definition: ServiceDefinition<Settings>,
  env: Env,
  log?: Logger,
): Promise<StartedService> {
  const context = await createContext(definition, env, log);
  const { drainMs } = context.settings;
  const close = () => context.closers.close(drainMs);
  try {
    const { addresses } = await definition.create(context);
    context.log.info({ addresses: addresses.map(({ url }) => url) }, 'ready');
    return { name: definition.name, addresses, drainMs, close };
  } catch (err) {
    await close();
    throw err;
  }
}

/** @throws SettingsError with everything that is wrong with the settings */
export async function createContext<Settings extends CommonSettings>(
  { name, settings: table, rule = () => [] }: Pick<ServiceDefinition<Settings>, 'name' | 'settings' | 'rule'>,
  env: Env,
  log?: Logger,
): Promise<ServiceContext<Settings>> {
  const settings = parseSettings(table, env, (values) => [...checkCommonSettings(values, env), ...rule(values, env)]);
  const { logLevel, logFormat, serviceSecret, dataDir } = settings;
  const pretty = logFormat === 'pretty' || (logFormat === 'auto' && process.stdout.isTTY === true);
  const logger = log ?? createLogger({ name, level: logLevel, pretty });
  return {
    name,
    instance: randomBytes(4).toString('hex'),
    version: packageJson.version,
    settings,
    log: logger,
    keys: await openKeyRing(serviceSecret, dataDir),
    closers: createClosers(logger),
  };
}
