import { setTimeout as delay } from 'node:timers/promises';
import type { Closers } from '@parley/common/runtime/closers';
import type { Benchmark } from '../benchmark.ts';
import { clientFrame } from '../client-frames.ts';
import { openClients, quiet, until } from '../clients.ts';
import { Latencies } from '../latencies.ts';
import type { RawClient } from '../raw-client.ts';
import { watchMemory } from '../resident.ts';
import { postBursts } from './delivery-latency.ts';
import { parleyJson, room } from './languages.ts';
import { ballastRoom, enterSlowReceivers } from './slow-receivers.ts';
import { startChat } from './start-chat.ts';

const receivers = 1_000;
const slowOnes = 100;
const slowBytesPerSecond = 1_024;
/** On each of the two servers. */
const stretches = 10;
const stretchMs = 3_000;

/** What the system takes for a socket that nobody reads is about 4 MB (tcp_wmem of tcp(7)); this is more. */
const ballastPosts = 160;
const ballastChars = 48_000;

/** What slow readers may cost: the tails of all rooms, 256 KiB unsent of each, and as much again for what is under way. */
const allowedKb = 2 * (64 * 1_024 + slowOnes * 256);

/**
 * A hundred of a thousand receivers read 1 KB/s while posts go on for 30 s: the p99 of a message's way to the others, against that on a
 * second server where nobody is slow. Posts go to the two in turns, a stretch each, so that both meet the same weather. The slow ones
 * are behind from the beginning: their sockets are filled by way of a room of their own. Fails when the server's memory grows with what
 * they do not read, or one of them lacks a message in the end.
 */
export const slowP99: Benchmark = {
  figures: [{ id: 'chat.slow.p99', unit: 'ratio', bar: { op: '<=', value: 1.5 } }],
  async run({ closers, say }) {
    const calm = await openScene(closers);
    const tried = await openScene(closers);
    for (const scene of [calm, tried]) await postBursts(scene, stretchMs);

    const memory = watchMemory(tried.pid);
    tried.slow.read(slowBytesPerSecond);
    await fill(tried.sender);
    const [without, withSlow] = [new Latencies(), new Latencies()];
    for (let stretch = 0; stretch < stretches; stretch++) {
      await postBursts(calm, stretchMs, without);
      await postBursts(tried, stretchMs, withSlow);
    }
    const behind = tried.posted - tried.slow.lowest(room);
    tried.slow.read();
    await until(() => isComplete(tried), 'every message at the slow ones', 60_000);
    const grownKb = memory.stop();

    const [calmMs, triedMs] = [without.quantile(0.99), withSlow.quantile(0.99)];
    say(
      `  p99 of ${withSlow.total} deliveries: ${triedMs.toFixed(2)} ms beside slow ones, ${calmMs.toFixed(2)} ms without`,
    );
    say(`  a slow one was up to ${behind} messages behind; the server grew by ${grownKb} KB, allowed are ${allowedKb}`);
    const faults = tried.slow.faults();
    if (faults > 0) throw new Error(`slow ones were not given every message in order: ${faults} times`);
    if (behind === 0) throw new Error('nobody was slow');
    if (grownKb > allowedKb) throw new Error(`slow readers cost the server ${grownKb} KB`);
    return { 'chat.slow.p99': triedMs / calmMs };
  },
};

/** A server, and its receivers: those that can be made slow, and the others. */
async function openScene(closers: Closers) {
  const { url, pid } = await startChat(closers);
  const [sender] = await openClients(closers, { url, count: 1, enter: parleyJson.introduce });
  const slow = await enterSlowReceivers(closers, url, slowOnes);
  const others = await openClients(closers, {
    url,
    count: receivers - slowOnes,
    async enter(client) {
      await parleyJson.introduce(client);
      await parleyJson.join(client);
    },
  });
  await quiet(others);
  return { pid, sender: sender!, slow, others, posted: 0 };
}

type Scene = Awaited<ReturnType<typeof openScene>>;

function isComplete({ slow, posted }: Scene): boolean {
  if (slow.faults() > 0) return true;
  return slow.lowest(room) >= posted && slow.lowest(ballastRoom) >= ballastPosts;
}

async function fill(sender: RawClient): Promise<void> {
  const ballast = clientFrame({ type: 'post', id: 1, room: ballastRoom, text: 'x'.repeat(ballastChars) });
  const answered = sender.count + ballastPosts;
  for (let post = 0; post < ballastPosts; post++) sender.write(ballast);
  await sender.reached(answered);
  // Until the system has taken what it takes.
  await delay(3_000);
}
