import type { Logger } from '@parley/common/runtime/logger';

export type RepeatOptions = { name: string; everyMs: number; log: Logger; task(): Promise<unknown> };

/** Runs a task again and again, `everyMs` after it last ended. A failure is logged, and the next run comes as usual. */
export function repeat({ name, everyMs, log, task }: RepeatOptions): { close(): Promise<void> } {
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  let closed = false;

  async function run(): Promise<void> {
    try {
      await task();
    } catch (err) {
      log.warn({ err, task: name }, 'a periodic task failed');
    }
    if (!closed) schedule();
  }

  function schedule(): void {
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  }

  schedule();
  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
