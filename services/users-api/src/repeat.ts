import type { Closers } from '@parley/common/runtime/closers';
import type { Logger } from '@parley/common/runtime/logger';

export type RepeatOptions = { name: string; everyMs: number; log: Logger; closers: Closers };

/** Does the task again and again, one run at a time; a failed run is logged and the next takes place. */
export function repeat(task: () => Promise<void>, { name, everyMs, log, closers }: RepeatOptions): void {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isClosed = false;

  async function run(): Promise<void> {
    try {
      await task();
    } catch (err) {
      log.error({ err, task: name }, 'a repeated task failed; it will be tried again');
    }
    plan();
  }

  function plan(): void {
    if (isClosed) return;
    timer = setTimeout(() => {
      running = run();
    }, everyMs).unref();
  }

  plan();
  closers.push(name, async () => {
    isClosed = true;
    clearTimeout(timer);
    await running;
  });
}
