import type { Quota } from './quota.ts';

export type Limiter = {
  /** Counts a try. */
  take(key: string): Quota;
  /** Takes a try back that turned out well. */
  giveBack(key: string): void;
  forget(key: string): void;
};

export type LimiterOptions = {
  /** Tries in one window. */
  limit: number;
  windowMs: number;
  /** Keys counted at the same time: beyond them the one that began first is forgotten. */
  maxKeys: number;
  /** Told of each try that is over the limit. */
  onRefused?: () => void;
  /** Milliseconds that only grow. */
  now?: () => number;
};

/** So many tries for a key in a window that begins with its first one; in this process's memory. */
export function createLimiter(options: LimiterOptions): Limiter {
  const { limit, windowMs, maxKeys, onRefused, now = () => performance.now() } = options;
  // In the order in which they began; as all are equally long, they end in it too.
  const windows = new Map<string, { tries: number; endsAt: number }>();

  function begin(key: string, at: number) {
    const window = { tries: 0, endsAt: at + windowMs };
    windows.set(key, window);
    for (const [first, { endsAt }] of windows) {
      if (endsAt > at && windows.size <= maxKeys) break;
      windows.delete(first);
    }
    return window;
  }

  return {
    take(key) {
      const at = now();
      const known = windows.get(key);
      if (known && known.endsAt <= at) windows.delete(key);
      const window = known && known.endsAt > at ? known : begin(key, at);
      window.tries += 1;
      const isOver = window.tries > limit;
      if (isOver) onRefused?.();
      return { limit, remaining: Math.max(0, limit - window.tries), resetMs: window.endsAt - at, isOver };
    },
    giveBack(key) {
      const window = windows.get(key);
      if (window) window.tries -= 1;
    },
    forget(key) {
      windows.delete(key);
    },
  };
}
