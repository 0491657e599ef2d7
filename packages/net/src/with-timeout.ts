export type Until = {
  ms: number;
  /** Thrown when the time is over. */
  tooLate: () => Error;
  signal?: AbortSignal | undefined;
  /** Thrown when the signal is aborted. */
  givenUp: () => Error;
};

/**
 * The promise's result, or an error when it has not settled in time or nobody wants it any more. What the promise does
 * later is ignored: use it only for work that holds nothing which must be released.
 */
export async function withTimeout<T>(promise: Promise<T>, { ms, tooLate, signal, givenUp }: Until): Promise<T> {
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooLate()), ms);
  const onAbort = () => reject(givenUp());
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  try {
    return await Promise.race([promise, ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
