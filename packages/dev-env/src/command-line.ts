import { parseArgs } from 'node:util';
import { type CommonSettings, checkCommonSettings } from '@parley/common/runtime/common-settings';
import { parseSettings, SettingsError, type TableOf } from '@parley/common/runtime/settings';
import { runDevEnv } from './run-dev-env.ts';
import type { ServiceSpec } from './service-process.ts';

const USAGE = `Starts the five services of Parley as processes of their own, watches over them, and says what they log.

usage: npm start
       node packages/dev-env/src/main.ts [--help]

A service that ends is started again after a moment. Ctrl-C (or TERM) stops all of them, in good order, with status 0;
a second one ends them at once. A service that cannot start ends all, with its reason and status 1.

Settings come from the environment (docs/operations.md lists them), for example:
  CHAT_WS_PORT=9081 npm start                     another port
  PARLEY_DATA_DIR=/tmp/parley npm start           another place for the data (SQLite; .data unless set)
  DATABASE_URL=postgres://… npm start             PostgreSQL
  PARLEY_LOG_LEVEL=debug npm start                see each request
`;

export type Start<Settings extends CommonSettings> = {
  services: ServiceSpec[];
  /** Of all services together: what is wrong is told once, and before anything starts. */
  settings: TableOf<Settings>;
  args: string[];
  env: NodeJS.ProcessEnv;
};

/** @returns the status to exit with */
export async function startFromCommandLine<Settings extends CommonSettings>(start: Start<Settings>): Promise<number> {
  const { services, env } = start;
  try {
    const { values } = parseArgs({ args: start.args, options: { help: { type: 'boolean', short: 'h' } } });
    if (values.help) {
      process.stdout.write(USAGE);
      return 0;
    }
    const { drainMs } = parseSettings(start.settings, env, (values) => checkCommonSettings(values, env));
    const colours = process.stdout.isTTY === true && !env.NO_COLOR;
    return await runDevEnv({ services, env, drainMs, colours, write: (text) => process.stdout.write(text) });
  } catch (err) {
    if (!(err instanceof SettingsError) && !isUsageError(err)) throw err;
    process.stderr.write(`Parley cannot start: ${err.message}\n`);
    return 1;
  }
}

/** What `parseArgs` throws for an option that there is not. */
function isUsageError(err: unknown): err is Error {
  return err instanceof TypeError && 'code' in err && String(err.code).startsWith('ERR_PARSE_ARGS_');
}
