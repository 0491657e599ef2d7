import type { Closers } from '@parley/common/runtime/closers';
import { clientFrame } from '../client-frames.ts';
import { openClients, quiet, until } from '../clients.ts';
import { cpuSecondsOf } from '../cpu-time.ts';
import type { RawClient } from '../raw-client.ts';
import type { StartedProcess } from '../start-process.ts';
import type { Language } from './languages.ts';

const textBytes = 128;

/** How many messages are posted at a time, and how they reach the server. */
export type Shape = { name: string; size: number; writes: 'one chunk' | 'one by one' };

/** Receivers in one room of one server, and somebody who posts there. */
export type Crowd = { server: StartedProcess; sender: RawClient; receivers: RawClient[]; post: Buffer };

export async function gather(
  closers: Closers,
  { server, language, receivers: count }: { server: StartedProcess; language: Language; receivers: number },
): Promise<Crowd> {
  const { url } = server;
  const [sender] = await openClients(closers, { url, count: 1, enter: (client) => language.introduce(client) });
  const receivers = await openClients(closers, {
    url,
    count,
    async enter(client) {
      await language.introduce(client);
      await language.join(client);
    },
  });
  await quiet(receivers);
  return { server, sender: sender!, receivers, post: clientFrame(language.post('x'.repeat(textBytes))) };
}

/** Sends bursts, each as soon as everybody has the one before, for `ms`. Gives deliveries per second of the server's CPU time. */
export async function deliveriesPerCpuSecond(crowd: Crowd, { size, writes }: Shape, ms: number): Promise<number> {
  const { server, sender, receivers, post } = crowd;
  const frames = Array.from({ length: size }, () => post);
  const joined = Buffer.concat(frames);
  const deadline = performance.now() + ms;
  const cpuBefore = cpuSecondsOf(server.pid);
  let deliveries = 0;
  while (performance.now() < deadline) {
    const wanted = receivers.map(({ count }) => count + size);
    const answered = sender.count + size;
    if (writes === 'one chunk') sender.write(joined);
    else for (const each of frames) sender.write(each);
    await until(
      () => sender.count >= answered && receivers.every(({ count }, index) => count >= wanted[index]!),
      'a burst at everybody',
    );
    deliveries += receivers.length * size;
  }
  return deliveries / (cpuSecondsOf(server.pid) - cpuBefore);
}
