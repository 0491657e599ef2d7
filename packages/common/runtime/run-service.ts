import type { CommonSettings } from './common-settings.ts';
import { createLogger } from './logger.ts';
import { SettingsError } from './settings.ts';
import { type ServiceDefinition, type StartedService, startService } from './start-service.ts';

/** Told to a parent process over its IPC channel once the service serves. */
export type ReadyMessage = { type: 'ready'; name: string; addresses: StartedService['addresses'] };

/** After everything was released, what still keeps the process alive is a bug: it gets this long. */
const LINGER_MS = 2_000;

/**
 * The main function of a service's process. Signals and the loss of the parent's IPC channel drain and end it with
 * exit code 0; a second signal ends it at once. A service that cannot start says why and exits with 1.
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
    if (!started) process.exit(1);
    await started.close();
    if (process.connected) process.disconnect?.();
    setTimeout(() => {
      createLogger({ name: definition.name }).error(
        { reason, resources: process.getActiveResourcesInfo() },
        'still alive after everything was closed',
      );
      process.exit(1);
    }, LINGER_MS).unref();
  }

  process.on('SIGTERM', () => void stop('SIGTERM'));
  process.on('SIGINT', () => void stop('SIGINT'));
  if (process.send) process.on('disconnect', () => void (stopping || stop('parent is gone')));

  try {
    started = await startService(definition, process.env);
    process.send?.({ type: 'ready', name: definition.name, addresses: started.addresses } satisfies ReadyMessage);
  } catch (err) {
    sayWhy(definition.name, err);
    process.exitCode = 1;
    if (process.connected) process.disconnect?.();
  }
}

function sayWhy(name: string, err: unknown): void {
  const known = err instanceof SettingsError || (err instanceof Error && err.name === 'StartError');
  if (known) process.stderr.write(`${name} cannot start: ${err.message}\n`);
  else createLogger({ name }).fatal({ err }, 'cannot start');
}
