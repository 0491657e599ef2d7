/**
 * The promise's result, or `tooLate()` thrown when it has not settled within `ms`. What the promise does later is
 * ignored: use it only for work that holds nothing which must be released.
 */
export async function withTimeout<T>(promise: Promise<T>, ms: number, tooLate: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(tooLate()), ms);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
