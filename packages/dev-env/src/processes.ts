import type { ReadyService } from './addresses-table.ts';
import { createOwnEnvironment, type OwnEnvironmentOptions, withoutSettings } from './own-environment.ts';
import { untilReady } from './readiness.ts';
import { describeExit, type ServiceProcess, startServiceProcess } from './service-process.ts';
import { services, stopOrder } from './services.ts';

/** A service ends itself by `PARLEY_DRAIN_MS`; later than that it hangs. */
const STOP_DEADLINE_MS = 15_000;

/** What a service needs of the others it finds by then. */
const JOB_DEADLINE_MS = 20_000;

/** Lines that are kept of each service's output. */
const KEPT_LINES = 200;

export type ProcessesOptions = OwnEnvironmentOptions & {
  /** The services to run; all of them unless given. */
  names?: string[];
};

export type Processes = {
  /** What a service listens on, by the setting: `port('CHAT_WS_PORT')`. The same over every restart. */
  port(setting: string): number;
  /** Resolves when the service serves. @throws Error with its output when it ends before that */
  start(name: string): Promise<ReadyService>;
  /** Asks the service to end, and waits for it. @throws Error when it does not end with status 0 */
  stop(name: string): Promise<void>;
  /** Of a service that runs. */
  pid(name: string): number | undefined;
  /** SIGKILL, now. */
  kill(name: string): Promise<void>;
  /** The end of what the service wrote. */
  output(name: string): string;
  /** Starts all that do not run; resolves when each of them can do its job. */
  startAll(): Promise<void>;
  /** Stops all that run, the registry last. @throws Error when one does not end with status 0 */
  stopAll(): Promise<void>;
};

/** Services as processes of their own on free ports of 127.0.0.1, for tests that kill them. */
export async function startProcesses(options: ProcessesOptions): Promise<Processes> {
  const specs = services.filter(({ name }) => !options.names || options.names.includes(name));
  const own = await createOwnEnvironment(options);
  const env = { ...withoutSettings(process.env), ...own.env };
  const running = new Map<string, ServiceProcess>();
  const lines = new Map<string, string[]>(specs.map(({ name }) => [name, []]));
  const output = (name: string) => lines.get(name)?.join('\n') ?? '';

  async function start(name: string): Promise<ReadyService> {
    const spec = specs.find((candidate) => candidate.name === name);
    if (!spec) throw new Error(`there is no service "${name}" here`);
    const kept = lines.get(name) ?? [];
    const onLine = (line: string) => void (kept.push(line) > KEPT_LINES && kept.shift());
    const child = startServiceProcess({ spec, env, onLine });
    running.set(name, child);
    const addresses = await child.ready;
    if (!addresses) throw new Error(`${name} ${describeExit(await child.exited)}:\n${output(name)}`);
    return { name, addresses };
  }

  async function stop(name: string): Promise<void> {
    const exit = await running.get(name)?.stop(STOP_DEADLINE_MS);
    running.delete(name);
    if (exit && exit.code !== 0) throw new Error(`${name} ${describeExit(exit)}:\n${output(name)}`);
  }

  async function startAll(): Promise<void> {
    const started = await Promise.all(specs.filter(({ name }) => !running.has(name)).map(({ name }) => start(name)));
    await Promise.all(started.map((service) => untilReady(service, { timeoutMs: JOB_DEADLINE_MS })));
  }

  async function stopAll(): Promise<void> {
    const results: PromiseSettledResult<void>[] = [];
    for (const together of stopOrder(specs, ({ tier }) => tier)) {
      results.push(...(await Promise.allSettled(together.map(({ name }) => stop(name)))));
    }
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  const processes: Processes = {
    port: own.port,
    start,
    stop,
    pid: (name) => running.get(name)?.pid,
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
