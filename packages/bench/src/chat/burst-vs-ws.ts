import type { Benchmark } from '../benchmark.ts';
import { median } from '../figure.ts';
import { startProcess } from '../start-process.ts';
import { type Arrival, deliveriesPerCpuSecond, gather } from './bursts.ts';
import { startChat } from './start-chat.ts';

const receivers = 1_000;
const rounds = 5;
const roundMs = 1_500;
const arrivals: readonly Arrival[] = ['one chunk', 'ten writes'];

/**
 * Deliveries per second of the server's CPU time, with the log on, against a plain `ws` loop without one: bursts of ten 128-byte texts to
 * 1,000 receivers. The worse of the two ways in which a burst can arrive.
 */
export const burstVsWs: Benchmark = {
  id: 'chat.burst.vs_ws',
  unit: 'ratio',
  bar: { op: '>=', value: 6 },
  async run({ closers, say }) {
    const parley = await gather(closers, await startChat(closers), receivers);
    const peer = await startProcess(closers, { file: new URL('ws-loop.ts', import.meta.url), label: 'WebSocket' });
    const loop = await gather(closers, peer, receivers);
    const ratios: number[] = [];
    for (const arrival of arrivals) {
      const pairs: { parley: number; loop: number }[] = [];
      for (let round = 0; round <= rounds; round++) {
        const pair = {
          parley: await deliveriesPerCpuSecond(parley, arrival, roundMs),
          loop: await deliveriesPerCpuSecond(loop, arrival, roundMs),
        };
        // The first one is for the compilers.
        if (round > 0) pairs.push(pair);
      }
      const ratio = median(pairs.map((pair) => pair.parley / pair.loop));
      const [ours, theirs] = [median(pairs.map((pair) => pair.parley)), median(pairs.map((pair) => pair.loop))];
      say(
        `  ${arrival}: ${Math.round(ours)} deliveries/s of CPU, ws loop ${Math.round(theirs)}, ratio ${ratio.toFixed(2)}`,
      );
      ratios.push(ratio);
    }
    return Math.min(...ratios);
  },
};
