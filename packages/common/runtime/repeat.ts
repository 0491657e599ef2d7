import type { Closers } from './closers.ts';
import type { Logger } from './logger.ts';

export type RepeatOptions = { name: string; everyMs: number; log: Logger; closers: Closers };

/**
 * Runs a task again and again, `everyMs` after it last ended. A failure is logged, and the next run comes as usual. The
 * closers wait for a run that is under way.
 */
export function repeat(task: () => Promise<void>, { name, everyMs, log, closers }: RepeatOptions): void {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();

  async function run(): Promise<void> {
    try {
      await task();
    } catch (err) {
      log.warn({ err, task: name }, 'a periodic task failed; it will be tried again');
    }
    plan();
  }

  function plan(): void {
    if (closers.closing.aborted) return;
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  }

  plan();
  closers.push(name, async () => {
    clearTimeout(timer);
    await running;
  });
}
