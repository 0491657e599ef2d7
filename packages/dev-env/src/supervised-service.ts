import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceAddress } from '@parley/common/runtime/start-service';
import { type Backoff, backoffMs } from '@parley/net/backoff';
import {
  describeExit,
  type Exit,
  type ServiceProcess,
  type ServiceSpec,
  startServiceProcess,
} from './service-process.ts';

/** What ran for so long before it ended was well: the next restart does not wait longer than the first. */
const STABLE_MS = 30_000;

const RESTART: Backoff = { baseMs: 500, maxMs: 15_000 };

export type SupervisedService = {
  spec: ServiceSpec;
  /** Its addresses once it serves for the first time; undefined when it ended before that: it cannot start. */
  ready: Promise<ServiceAddress[] | undefined>;
  /** Settles when it runs no more and will not be started again. */
  ended: Promise<Exit>;
  /** How it ended when asked to; undefined when it was not serving at that moment. */
  stop(deadlineMs: number): Promise<Exit | undefined>;
  kill(): void;
};

export type SupervisedServiceOptions = {
  spec: ServiceSpec;
  env: NodeJS.ProcessEnv;
  onLine(line: string): void;
  /** Tells people what happens to the service. */
  say(text: string): void;
  restart?: Backoff | undefined;
};

/**
 * Keeps one service running.
 *
 *     starting ──ready──▶ serving ──ends──▶ waiting ──backoff──▶ starting …
 *        └─ends, never having served──▶ ended
 *
 * `stop` and `kill` lead from every state to ended.
 */
export function superviseService(options: SupervisedServiceOptions): SupervisedService {
  const { spec, say, restart = RESTART } = options;
  const stopped = new AbortController();
  const first = Promise.withResolvers<ServiceAddress[] | undefined>();
  let current: ServiceProcess | undefined;
  let serving = false;

  async function run(): Promise<Exit> {
    for (let attempt = 0; ; attempt += 1) {
      current = startServiceProcess(options);
      const addresses = await current.ready;
      const readyAt = Date.now();
      serving = addresses !== undefined;
      first.resolve(addresses);
      if (attempt > 0 && addresses) say(`${spec.name} is back`);
      const exit = await current.exited;
      serving = false;
      if (stopped.signal.aborted || !(await first.promise)) return exit;

      if (addresses && Date.now() - readyAt > STABLE_MS) attempt = 0;
      const waitMs = backoffMs(restart, attempt, Math.random());
      say(`${spec.name} ${describeExit(exit)}; starting it again in ${(waitMs / 1000).toFixed(1)} s`);
      await delay(waitMs, undefined, { signal: stopped.signal }).catch(() => {});
      if (stopped.signal.aborted) return exit;
    }
  }

  const ended = run();
  return {
    spec,
    ready: first.promise,
    ended,
    async stop(deadlineMs) {
      const wasServing = serving;
      stopped.abort();
      await current?.stop(deadlineMs);
      const exit = await ended;
      return wasServing ? exit : undefined;
    },
    kill() {
      stopped.abort();
      void current?.kill();
    },
  };
}
