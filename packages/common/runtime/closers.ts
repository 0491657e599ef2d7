import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from './logger.ts';

type Closer = { name: string; close: () => unknown };

export type Closers = {
  /** Remembers how to release what was just acquired. */
  push(name: string, close: () => unknown): void;
  /**
   * Releases everything, last in first out, each once. A failing closer is logged and the rest still runs. After
   * `deadlineMs` no closer is waited for any more, but each one that is left is still called.
   */
  close(deadlineMs?: number): Promise<void>;
  /** Aborted from the first call of `close` on: time to refuse new work and to end what only waits. */
  readonly closing: AbortSignal;
  /** Aborted when the deadline of `close` has passed: time to cut off what is still under way. */
  readonly deadline: AbortSignal;
};

export function createClosers(log?: Logger): Closers {
  const stack: Closer[] = [];
  const closing = new AbortController();
  const deadline = new AbortController();
  let closed: Promise<void> | undefined;

  async function run(deadlineMs: number): Promise<void> {
    const passed = new Promise((resolve) => deadline.signal.addEventListener('abort', resolve));
    const timer = setTimeout(() => deadline.abort(), deadlineMs);
    // Even then, what is released at once is not late.
    const late = () => passed.then(() => nextTurn('late'));
    for (let closer = stack.pop(); closer; closer = stack.pop()) {
      const { name } = closer;
      const released = release(closer, (err) => log?.error({ err, closer: name }, 'closing failed'));
      const end = await Promise.race([released, late()]);
      if (end === 'late') log?.warn({ closer: name }, 'closing took longer than the deadline');
    }
    clearTimeout(timer);
  }

  return {
    push(name, close) {
      stack.push({ name, close });
    },
    close(deadlineMs = 10_000) {
      closing.abort();
      closed ??= run(deadlineMs);
      return closed;
    },
    closing: closing.signal,
    deadline: deadline.signal,
  };
}

async function release(closer: Closer, onError: (err: unknown) => void): Promise<void> {
  try {
    await closer.close();
  } catch (err) {
    onError(err);
  }
}
