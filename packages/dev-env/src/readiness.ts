import type { ReadyService } from './addresses-table.ts';
import { type WaitOptions, waitFor } from './wait-for.ts';

/** For one request. */
const ANSWER_MS = 2_000;

/** Resolves when `/readyz` says that the service can do its job. @throws Error when it does not in time; AbortError */
export async function untilReady({ name, addresses }: ReadyService, options: WaitOptions): Promise<void> {
  const address = addresses.map(({ url }) => new URL(url)).find(({ protocol }) => protocol === 'http:');
  if (!address) return;
  await waitFor(`${name} to be ready`, () => isReady(new URL('/readyz', address)), options);
}

async function isReady(url: URL): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
