import { setTimeout as delay } from 'node:timers/promises';
import type { Backoff } from '@parley/net/backoff';
import { addressesTable, type ReadyService } from './addresses-table.ts';
import { firstSteps } from './first-steps.ts';
import { formatLogLine } from './log-line.ts';
import { createPrinter, type Printer } from './printer.ts';
import { untilReady } from './readiness.ts';
import { describeExit, type ServiceSpec } from './service-process.ts';
import { stopOrder } from './services.ts';
import { stopSignal } from './stop-signal.ts';
import { type SupervisedService, superviseService } from './supervised-service.ts';

/** A service that is not ready by then will not be. */
const START_PATIENCE_MS = 60_000;

/** A service that serves and still cannot do its job is told of, and the others go on. */
const JOB_PATIENCE_MS = 10_000;

/** When one service cannot start, others may be about to say the same. */
const OTHERS_SAY_WHY_MS = 1_000;

/** A service ends itself when it has drained for too long; it is killed when even that takes so much longer. */
const STOP_GRACE_MS = 5_000;

/** A stop that takes longer is explained. */
const SAY_WAITING_MS = 3_000;

export type DevEnvOptions = {
  services: ServiceSpec[];
  env: NodeJS.ProcessEnv;
  write(text: string): void;
  colours: boolean;
  /** How long services may drain. */
  drainMs: number;
  restart?: Backoff;
};

/**
 * Runs services until this process is told to stop; a second signal kills them.
 * @returns the status to exit with: 0 when all of them stopped in good order
 */
export async function runDevEnv(options: DevEnvOptions): Promise<number> {
  const startedAt = Date.now();
  const printer = createPrinter(options.write);
  const running = superviseAll(options, printer);
  const stop = stopSignal(() => {
    for (const service of running) service.kill();
  });

  const start = await Promise.race([allReady(running, stop.signal), stop.heard]);
  if (start?.failed) {
    printer.showHeld();
    printer.say(`Parley cannot start: ${start.failed}.`);
  }
  if (start?.services) {
    printer.dropHeld();
    printer.say(`\n${addressesTable(start.services)}\n\n${firstSteps(start.services)}\n`);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    for (const problem of start.problems) printer.say(problem);
    printer.say(`Parley is ready after ${seconds} s. Ctrl-C stops it.\n`);
    await stop.heard;
  }
  printer.hold();
  printer.say('Stopping …');
  const stopped = await stopAll(running, options.drainMs + STOP_GRACE_MS, printer);
  stop.forget();
  return stopped && !start?.failed ? 0 : 1;
}

function superviseAll(options: DevEnvOptions, printer: Printer): SupervisedService[] {
  const { services, env, colours, restart } = options;
  const nameWidth = Math.max(...services.map(({ name }) => name.length));
  return services.map((spec, index) =>
    superviseService({
      spec,
      env: { ...env, PARLEY_LOG_FORMAT: 'json' },
      say: printer.say,
      restart,
      onLine(line) {
        const shown = formatLogLine(spec.name, line, { nameWidth, colours, index });
        if (shown) printer.log(shown);
      },
    }),
  );
}

/** `problems`: of services that run and cannot do their job. */
type Start = { services: ReadyService[]; problems: string[]; failed?: never } | { services?: never; failed: string };

async function allReady(running: SupervisedService[], signal: AbortSignal): Promise<Start> {
  const starts = running.map(async ({ spec: { name }, ready, ended }) => {
    const addresses = await ready;
    if (!addresses) throw new Error(`${name} ${describeExit(await ended)}`);
    return { name, addresses };
  });
  const late = delay(START_PATIENCE_MS, undefined, { ref: false }).then(() => {
    throw new Error(`not every service was ready after ${START_PATIENCE_MS / 1000} s`);
  });
  try {
    const services = await Promise.race([Promise.all(starts), late]);
    const waiting = { timeoutMs: JOB_PATIENCE_MS, signal };
    const jobs = await Promise.allSettled(services.map((service) => untilReady(service, waiting)));
    return { services, problems: jobs.flatMap((job) => (job.status === 'rejected' ? [job.reason.message] : [])) };
  } catch (err) {
    await Promise.race([Promise.allSettled(starts), delay(OTHERS_SAY_WHY_MS, undefined, { ref: false })]);
    return { failed: (err as Error).message };
  }
}

/** True when every service ended as it was asked to. */
async function stopAll(running: SupervisedService[], deadlineMs: number, printer: Printer): Promise<boolean> {
  async function stopOne(service: SupervisedService): Promise<boolean> {
    const stillThere = setTimeout(() => printer.say(`still waiting for ${service.spec.name}`), SAY_WAITING_MS);
    const exit = await service.stop(deadlineMs);
    clearTimeout(stillThere);
    if (!exit || exit.code === 0) return true;
    printer.showHeld();
    printer.say(`${service.spec.name} ${describeExit(exit)}`);
    return false;
  }
  const well: boolean[] = [];
  for (const together of stopOrder(running, ({ spec }) => spec.tier)) {
    well.push(...(await Promise.all(together.map(stopOne))));
  }
  return well.every(Boolean);
}
