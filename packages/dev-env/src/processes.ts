import { ownSettings } from './all-settings.ts';
import { takeFreePorts } from './free-ports.ts';
import { describeExit, type ServiceProcess, startServiceProcess } from './service-process.ts';
import { services } from './services.ts';

/** A service ends itself by `PARLEY_DRAIN_MS`; later than that it hangs. */
const STOP_DEADLINE_MS = 15_000;

/** Lines that are kept of each service's output. */
const KEPT_LINES = 200;

export type ProcessesOptions = {
  /** The services to run; all of them unless given. */
  names?: string[];
  /** Where they keep their data. */
  dataDir: string;
  /** PostgreSQL; without it SQLite below `dataDir`. */
  databaseUrl?: string | undefined;
  /** Settings that differ from the defaults of development. */
  env?: Record<string, string>;
};

export type Processes = {
  /** What a service listens on, by the setting: `port('CHAT_WS_PORT')`. The same over every restart. */
  port(setting: string): number;
  /** Resolves when the service is ready. @throws Error with its output when it ends before that */
  start(name: string): Promise<void>;
  /** Asks the service to end, and waits for it. @throws Error when it does not end with status 0 */
  stop(name: string): Promise<void>;
  /** SIGKILL, now. */
  kill(name: string): Promise<void>;
  /** The end of what the service wrote. */
  output(name: string): string;
  /** Starts all that do not run. */
  startAll(): Promise<void>;
  /** Stops all that run, the registry last. @throws Error when one does not end with status 0 */
  stopAll(): Promise<void>;
};

/** Services as processes of their own on free ports of 127.0.0.1, for tests that kill them. */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const specs = services.filter(({ name }) => !options.names || options.names.includes(name));
  const ports = await assignPorts();
  const env = { ...process.env, ...environment(options, ports), ...options.env };
  const running = new Map<string, ServiceProcess>();
  const lines = new Map<string, string[]>(specs.map(({ name }) => [name, []]));
  const output = (name: string) => lines.get(name)?.join('\n') ?? '';

  async function start(name: string): Promise<void> {
    const spec = specs.find((candidate) => candidate.name === name);
    if (!spec) throw new Error(`there is no service "${name}" here`);
    const kept = lines.get(name) ?? [];
    const onLine = (line: string) => void (kept.push(line) > KEPT_LINES && kept.shift());
    const child = startServiceProcess({ spec, env, onLine });
    running.set(name, child);
    if (!(await child.ready)) throw new Error(`${name} ${describeExit(await child.exited)}:\n${output(name)}`);
  }

  async function stop(name: string): Promise<void> {
    const exit = await running.get(name)?.stop(STOP_DEADLINE_MS);
    running.delete(name);
    if (exit && exit.code !== 0) throw new Error(`${name} ${describeExit(exit)}:\n${output(name)}`);
  }

  async function startAll(): Promise<void> {
    await Promise.all(specs.filter(({ name }) => !running.has(name)).map(({ name }) => start(name)));
  }

  async function stopAll(): Promise<void> {
    const [registry, ...others] = specs.map(({ name }) => name);
    const results = await Promise.allSettled(others.map(stop));
    if (registry) results.push(...(await Promise.allSettled([stop(registry)])));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  const processes: Processes = {
    port(setting) {
      const port = ports.get(setting);
      if (port === undefined) throw new Error(`there is no port "${setting}"`);
      return port;
    },
    start,
    stop,
    async kill(name) {
      await running.get(name)?.kill();
      running.delete(name);
    },
    output,
    startAll,
    stopAll,
  };
  try {
    await startAll();
    return processes;
  } catch (err) {
    await Promise.allSettled([...running.values()].map((child) => child.kill()));
    throw err;
  }
}

/** A port for every setting that is one, by its variable. */
async function assignPorts(): Promise<Map<string, number>> {
  const variables = [...new Set(ownSettings.filter(({ type }) => type.name === 'port').map(({ env }) => env))];
  const ports = await takeFreePorts(variables.length);
  return new Map(variables.map((variable, i) => [variable, ports[i] as number]));
}

function environment({ dataDir, databaseUrl }: ProcessesOptions, ports: Map<string, number>): NodeJS.ProcessEnv {
  return {
    ...Object.fromEntries([...ports].map(([variable, port]) => [variable, `${port}`])),
    PARLEY_DATA_DIR: dataDir,
    PARLEY_LOG_FORMAT: 'json',
    DISCOVERY_URL: `udp://127.0.0.1:${ports.get('DISCOVERY_PORT')}`,
    DATABASE_URL: databaseUrl,
  };
}
