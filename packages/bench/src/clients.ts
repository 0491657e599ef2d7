import type { Closers } from '@parley/common/runtime/closers';
import { RawClient } from './raw-client.ts';

/** Handshakes under way at once. */
const atOnce = 50;

/** Opens so many connections and has each `enter`. They are cut when `closers` close. */
export async function openClients(
  closers: Closers,
  { url, count, enter }: { url: string; count: number; enter(client: RawClient, index: number): Promise<void> },
): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  closers.push('clients', () => {
    for (const client of clients) client.end();
  });
  let begun = 0;
  const worker = async () => {
    while (begun < count) {
      const index = begun++;
      const client = await RawClient.open(url);
      clients[index] = client;
      await enter(client, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
  return clients;
}

const quietMs = 1_200;

/** Resolves when nothing has come for a while: news of who has joined is over. */
export async function quiet(clients: readonly RawClient[]): Promise<void> {
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, quietMs));
    now = clients.reduce((sum, { count }) => sum + count, 0);
  }
}

const patienceMs = 30_000;

/** Looks in each turn of the loop. @throws Error when it takes too long */
export async function until(isReached: () => boolean, what: string, withinMs = patienceMs): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isReached()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
