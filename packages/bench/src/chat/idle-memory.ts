import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import { median } from '../figure.ts';
import { residentKb, residentKbAtRest } from '../resident.ts';
import { type StartedProcess, startProcess } from '../start-process.ts';
import type { IdleFleet } from './idle-fleet.ts';
import { startChat } from './start-chat.ts';

const connections = 10_000;
/** Each process has a limited number of descriptors. */
const fleets = 2;
/** A server that has just started differs by some MB from one time to the next: the median counts. */
const rounds = 3;

/**
 * What ten thousand connections, authenticated and in one room, add to the server's resident memory (VmRSS) per connection: at rest with
 * them, less at rest before the first, both after its garbage was collected and what is kept for more was given back. Left to itself, V8 does so after some quiet seconds or
 * after minutes; what it is then is said as well.
 */
export const idleMemory: Benchmark = {
  figures: [{ id: 'chat.idle.memory', unit: 'KB', bar: { op: '<=', value: 8 } }],
  async run(context) {
    const each: number[] = [];
    for (let round = 0; round < rounds; round++) each.push(await kbPerConnection(context));
    return { 'chat.idle.memory': median(each) };
  },
};

async function kbPerConnection({ closers, say }: BenchmarkContext): Promise<number> {
  const chat = await startChat(closers, { file: new URL('collecting-chat.ts', import.meta.url) });
  const fresh = residentKb(chat.pid);
  await chat.ask({});
  const before = await residentKbAtRest(chat.pid);
  const started: StartedProcess[] = [];
  for (let fleet = 0; fleet < fleets; fleet++) {
    const each = await startProcess(closers, { file: new URL('idle-fleet.ts', import.meta.url) });
    const request: IdleFleet = { url: chat.url, count: connections / fleets };
    await each.ask(request);
    started.push(each);
  }
  const busy = residentKb(chat.pid);
  await chat.ask({});
  const after = await residentKbAtRest(chat.pid);
  await Promise.all([chat, ...started].map(({ stop }) => stop()));
  const uncollected = ((busy - fresh) / connections).toFixed(2);
  say(`  server: ${before} KB listening, ${after} KB with all; with garbage ${fresh} and ${busy}, ${uncollected} each`);
  return (after - before) / connections;
}
