import { resolve } from 'node:path';
import { MIN_SECRET_CHARS } from './key-ring.ts';
import { logLevels } from './logger.ts';
import {
  cidr,
  defineSettings,
  type Env,
  host,
  list,
  millis,
  oneOf,
  optionalSetting,
  type SettingsOf,
  setting,
  text,
  url,
} from './settings.ts';

const WORKSPACE_DATA = resolve(import.meta.dirname, '../../../.data');

/** What every service knows: spread it into the service's own table. */
export const commonSettings = defineSettings({
  mode: setting('PARLEY_MODE', oneOf('development', 'production'), {
    default: 'development',
    doc: 'how strict the defaults are; the images set `production`',
  }),
  host: setting('PARLEY_HOST', host(), {
    default: '127.0.0.1',
    doc: 'address that every listener binds; in development one that is not loopback needs `PARLEY_MODE` set explicitly',
  }),
  advertise: optionalSetting('PARLEY_ADVERTISE', host(), {
    doc: 'address announced to others',
    defaultDoc: "the host's own address",
  }),
  dataDir: setting('PARLEY_DATA_DIR', text(), {
    default: WORKSPACE_DATA,
    doc: 'SQLite files, keys and uploads, one folder per service below it',
    defaultDoc: "`.data` at the workspace's root",
  }),
  serviceSecret: optionalSetting('PARLEY_SERVICE_SECRET', list(text()), {
    doc: 'at least 32 characters, from which keys per purpose are derived; several separated by commas: the first signs, all verify',
    defaultDoc: 'generated in development, required in production',
    secret: true,
  }),
  discoveryUrl: setting('DISCOVERY_URL', url('udp:'), {
    default: 'udp://127.0.0.1:8400',
    doc: 'where services announce themselves and find each other',
  }),
  trustedProxies: setting('PARLEY_TRUSTED_PROXIES', list(cidr()), {
    default: [] as string[],
    doc: 'address ranges whose `X-Forwarded-For` is believed',
  }),
  drainMs: setting('PARLEY_DRAIN_MS', millis(600_000), {
    default: 10_000,
    doc: 'how long a service that was told to stop may take to finish what is under way',
  }),
  logLevel: setting('PARLEY_LOG_LEVEL', oneOf(...logLevels), { default: 'info', doc: 'least level that is logged' }),
  logFormat: setting('PARLEY_LOG_FORMAT', oneOf('auto', 'json', 'pretty'), {
    default: 'auto',
    doc: 'JSON lines or text for a person; `auto`: text on a terminal',
  }),
});

export type CommonSettings = SettingsOf<typeof commonSettings>;

/** The rules between the common settings, a sentence for each violation. */
export function checkCommonSettings(values: CommonSettings, env: Env): string[] {
  const problems: string[] = [];
  const host: string | undefined = values.host;
  if (!env.PARLEY_MODE?.trim() && host !== undefined && !isLoopback(host)) {
    problems.push(
      `PARLEY_HOST: "${host}" can be reached from other machines; set PARLEY_MODE to production, or to development if that is meant`,
    );
  }
  if (values.mode === 'production' && !values.serviceSecret?.length) {
    problems.push('PARLEY_SERVICE_SECRET: is required in production (try: openssl rand -hex 32)');
  }
  if (values.serviceSecret?.some((secret) => secret.length < MIN_SECRET_CHARS)) {
    problems.push(`PARLEY_SERVICE_SECRET: each secret needs at least ${MIN_SECRET_CHARS} characters`);
  }
  return problems;
}

export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || /^127\.\d+\.\d+\.\d+$/.test(address);
}
