import type { ReadyService } from './addresses-table.ts';
import { waitFor } from './wait-for.ts';

/** For one request. */
const ANSWER_MS = 2_000;

/** Resolves when `/readyz` says that the service can do its job. @throws Error when it does not within `timeoutMs` */
export async function untilReady({ name, addresses }: ReadyService, timeoutMs: number): Promise<void> {
  const address = addresses.map(({ url }) => new URL(url)).find(({ protocol }) => protocol === 'http:');
  if (!address) return;
  await waitFor(`${name} to be ready`, () => isReady(new URL('/readyz', address)), timeoutMs);
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
