import type { CommonSettings } from './common-settings.ts';
import { createLogger } from './logger.ts';
import { SettingsError } from './settings.ts';
import { type ServiceDefinition, type StartedService, startService } from './start-service.ts';

/** Told to a parent process over its IPC channel once the service serves. */
export type ReadyMessage = { type: 'ready'; name: string; addresses: StartedService['addresses'] };

/** After everything was released, what still keeps the process alive is a bug: it gets this long, or until the deadline for stopping. */
const LINGER_MS = 2_000;

/** At the deadline, what was called off needs a moment to end. */
const LATE_LINGER_MS = 250;

/**
 * The main function of a service's process. Signals and the loss of the parent's IPC channel drain and end it with
 * exit code 0, at once while it is still starting; a second signal ends it at once with 1. A service that cannot start
 * says why and exits with 1.
 */
export async function runService<Settings extends CommonSettings>(
  definition: ServiceDefinition<Settings>,
): Promise<void> {
  let started: StartedService | undefined;
  let stopping = false;

  async function stop(reason: string): Promise<void> {
    if (stopping) {
      process.exit(1);
    }
    stopping = true;
    // Nobody has been told of it yet, and what it has stored survives any end.
    if (!started) process.exit(0);
    const stopBy = performance.now() + started.drainMs;
    await started.close();
    const leftMs = stopBy - performance.now();
    leave(definition.name, reason, Math.max(LATE_LINGER_MS, Math.min(LINGER_MS, leftMs)));
  }

  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  if (process.send) process.on('disconnect', () => void (stopping || stop('parent is gone')));

  try {
    started = await startService(definition, process.env);
    tellParent({ type: 'ready', name: definition.name, addresses: started.addresses });
  } catch (err) {
    stopping = true;
    sayWhy(definition.name, err);
    process.exitCode = 1;
    leave(definition.name, 'cannot start', LINGER_MS);
  }
}

/** A parent that is gone is noticed by its channel's end: that a message does not reach it is no error. */
function tellParent(message: ReadyMessage): void {
  process.send?.(message, undefined, undefined, () => {});
}

/** Everything has been released: what still keeps the process alive is said, and ended. */
function leave(name: string, reason: string, lingerMs: number): void {
  if (process.connected) process.disconnect?.();
  setTimeout(() => {
    createLogger({ name }).error(
      { reason, resources: process.getActiveResourcesInfo() },
      'still alive after everything was closed',
    );
    process.exit(1);
  }, lingerMs).unref();
}

function sayWhy(name: string, err: unknown): void {
  const known = err instanceof SettingsError || (err instanceof Error && err.name === 'StartError');
  if (known) process.stderr.write(`${name} cannot start: ${err.message}\n`);
  else createLogger({ name }).fatal({ err }, 'cannot start');
}
