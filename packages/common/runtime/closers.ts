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
};

export function createClosers(log?: Logger): Closers {
  const stack: Closer[] = [];
  const closing = new AbortController();
  let closed: Promise<void> | undefined;

  async function run(deadlineMs: number): Promise<void> {
    const deadline = Date.now() + deadlineMs;
    for (let closer = stack.pop(); closer; closer = stack.pop()) {
      const { name } = closer;
      const left = Math.max(0, deadline - Date.now());
      const late = await within(left, closer, (err) => log?.error({ err, closer: name }, 'closing failed'));
      if (late) log?.warn({ closer: name }, 'closing took longer than the deadline');
    }
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
  };
}

/** Runs the closer; true when it had not ended within `ms`. */
async function within(ms: number, closer: Closer, onError: (err: unknown) => void): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(true), ms);
  });
  const closed = (async () => {
    try {
      await closer.close();
    } catch (err) {
      onError(err);
    }
    return false;
  })();
  const late = await Promise.race([closed, timeout]);
  clearTimeout(timer);
  return late;
}
