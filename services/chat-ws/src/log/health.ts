import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';

/** How often a log that could not be written is tried again. */
const PROBE_MS = 1_000;

/**
 * Whether the log can be written. After an append failed with UNAVAILABLE it counts as broken until a probe succeeds: with
 * readiness off, no post may come that would show it.
 */
export function createHealth({ probe, log }: { probe: () => Promise<void>; log: Logger }) {
  let problem: string | undefined;
  let timer: NodeJS.Timeout | undefined;

  function broken(err: ParleyError): void {
    if (problem !== undefined) return;
    problem = 'the room log cannot be written';
    log.error({ err }, problem);
    tryAgain();
  }

  function tryAgain(): void {
    timer = setTimeout(async () => {
      try {
        await probe();
        problem = undefined;
        log.info('the room log can be written again');
      } catch {
        if (timer) tryAgain();
      }
    }, PROBE_MS);
    timer.unref();
  }

  return {
    problem: () => problem,
    /** An append has failed. */
    failed(error: unknown): void {
      if (error instanceof ParleyError && error.code === 'UNAVAILABLE') broken(error);
    },
    close() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
