import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.ts';
import { openClients } from '../clients.ts';
import { median, quantile } from '../figure.ts';
import { parleyJson } from './languages.ts';
import { enterReader, Posters } from './posters.ts';
import { startChat } from './start-chat.ts';

const posters = 100;
const outstanding = 8;
const warmUpMs = 2_000;
const pings = 1_000;
const pauseMs = 10;

/** Commits are held for 50 ms while a hundred clients post: how long somebody else's `ping` takes. */
export const slowDisk: Benchmark = {
  figures: [{ id: 'chat.slowdisk.ping', unit: 'ms', bar: { op: '<=', value: 15 } }],
  async run({ closers, say }) {
    const { url } = await startChat(closers, { file: new URL('slow-disk-chat.ts', import.meta.url) });
    await enterReader(closers, url);
    const enter = parleyJson.introduce;
    const [client] = await openClients(closers, { url, count: 1, enter });
    const load = await Posters.enter(closers, url, posters);
    await load.perSecond(outstanding, warmUpMs);
    const posting = load.perSecond(outstanding, pings * pauseMs);
    const took: number[] = [];
    for (let ping = 0; ping < pings; ping++) {
      const begun = performance.now();
      await client!.ask({ type: 'ping' });
      took.push(performance.now() - begun);
      await delay(pauseMs);
    }
    const rate = await posting;
    say(`  ping: median ${median(took).toFixed(2)} ms; meanwhile ${Math.round(rate)} posts/s`);
    return { 'chat.slowdisk.ping': quantile(took, 0.99) };
  },
};
