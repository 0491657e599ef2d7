/** Ctrl-C may come from the terminal and, forwarded, from a parent: within this time that is one. */
const SAME_SIGNAL_MS = 500;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = {
  /** Settles when this process is told to stop, by a signal or by the loss of its parent's IPC channel. */
  heard: Promise<undefined>;
  /** Aborted at the same time, to give up what is under way. */
  signal: AbortSignal;
  /** Listens no more. */
  forget(): void;
};

/** @param again called for each later signal: somebody is in a hurry */
export function stopSignal(again: () => void): StopSignal {
  const { promise: heard, resolve } = Promise.withResolvers<undefined>();
  const abort = new AbortController();
  let firstAt: number | undefined;
  function hear(): void {
    abort.abort();
    resolve(undefined);
  }
  function onSignal(): void {
    const now = performance.now();
    if (firstAt !== undefined && now - firstAt > SAME_SIGNAL_MS) again();
    firstAt ??= now;
    hear();
  }

  for (const signal of SIGNALS) process.on(signal, onSignal);
  if (process.connected) process.once('disconnect', hear);
  return {
    heard,
    signal: abort.signal,
    forget() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
      process.off('disconnect', hear);
      if (process.connected) process.disconnect?.();
    },
  };
}
