import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;

export type WaitOptions = { timeoutMs?: number | undefined; signal?: AbortSignal | undefined };

/**
 * Asks until the answer is neither undefined nor false, and gives it.
 * @throws Error that says what was waited for in vain; AbortError
 */
export async function waitFor<T>(
  what: string,
  ask: () => T | Promise<T>,
  { timeoutMs = 15_000, signal }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms for ${what}`);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}
