import type { Closers } from '@parley/common/runtime/closers';
import { cpuSecondsOf } from '../cpu-time.ts';
import { clientFrame, RawClient } from '../raw-client.ts';
import type { StartedProcess } from '../start-process.ts';

const burstSize = 10;
const textBytes = 128;

/** How the messages of a burst reach the server. */
export type Arrival = 'one chunk' | 'ten writes';

/** Receivers in one room of one server, and somebody who posts there. */
type Crowd = { server: StartedProcess; sender: RawClient; receivers: RawClient[] };

const patienceMs = 30_000;

export async function gather(closers: Closers, server: StartedProcess, receiverCount: number): Promise<Crowd> {
  const receivers: RawClient[] = [];
  closers.push('receivers', () => {
    for (const receiver of receivers) receiver.end();
  });
  const enter = async () => {
    const client = await RawClient.open(server.url);
    receivers.push(client);
    await client.ask({ type: 'auth', guest: 'receiver' });
    await client.ask({ type: 'join', room: 'crowd' });
  };
  while (receivers.length < receiverCount) {
    await Promise.all(Array.from({ length: Math.min(50, receiverCount - receivers.length) }, enter));
  }
  const sender = await RawClient.open(server.url);
  closers.push('sender', () => sender.end());
  await sender.ask({ type: 'auth', guest: 'sender' });
  return { server, sender, receivers };
}

/** Sends bursts, each as soon as everybody has the one before, for `ms`. Gives deliveries per second of the server's CPU time. */
export async function deliveriesPerCpuSecond(
  { server, sender, receivers }: Crowd,
  arrival: Arrival,
  ms: number,
): Promise<number> {
  const frame = clientFrame({ type: 'post', id: 1, room: 'crowd', text: 'x'.repeat(textBytes) });
  const frames = Array.from({ length: burstSize }, () => frame);
  await quiet(receivers);
  const until = performance.now() + ms;
  const cpuBefore = cpuSecondsOf(server.pid);
  let deliveries = 0;
  while (performance.now() < until) {
    const wanted = receivers.map(({ count }) => count + burstSize);
    const answered = sender.count + burstSize;
    if (arrival === 'one chunk') sender.write(Buffer.concat(frames));
    else for (const each of frames) sender.write(each);
    await reached(() => sender.count >= answered && receivers.every(({ count }, index) => count >= wanted[index]!));
    deliveries += receivers.length * burstSize;
  }
  return deliveries / (cpuSecondsOf(server.pid) - cpuBefore);
}

/** Resolves when nothing has come for a while: news of who has joined is over. */
async function quiet(receivers: readonly RawClient[]): Promise<void> {
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    now = receivers.reduce((sum, { count }) => sum + count, 0);
  }
}

async function reached(isReached: () => boolean): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!isReached()) {
    if (performance.now() > until) throw new Error('not everybody has got everything');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
