import { setTimeout as delay } from 'node:timers/promises';
import type { Closers } from '@parley/common/runtime/closers';
import type { Benchmark } from '../benchmark.ts';
import { freePort } from '../free-port.ts';
import { openFolder } from '../open-folder.ts';
import { type StartedProcess, startProcess } from '../start-process.ts';
import { PersistentPoster } from './persistent-poster.ts';
import type { FleetState, ReturningFleet } from './returning-fleet.ts';
import { startChat } from './start-chat.ts';

const clients = 5_000;
/** Each process has a limited number of descriptors. */
const fleets = 2;
const postEveryMs = 200;
const patienceMs = 90_000;

/**
 * A server with 5,000 clients in one room drains and another one is started on the same port and data, with the service's own settings
 * for that; all come back as they were told, and posts go on. How long the new server's event loop was held up at most until the last
 * one was back. Fails when anybody lacks a message in the end.
 */
export const drainStall: Benchmark = {
  figures: [{ id: 'chat.drain.stall', unit: 'ms', bar: { op: '<=', value: 200 } }],
  async run({ closers, say }) {
    const port = String(await freePort());
    const dataDir = await openFolder(closers);
    // As they are by default.
    const drains = { PARLEY_DRAIN_MS: '10000', CHAT_WS_DRAIN_PER_SECOND: '500', CHAT_WS_DRAIN_GRACE_MS: '500' };
    const start = () =>
      startChat(closers, {
        file: new URL('watched-chat.ts', import.meta.url),
        dataDir,
        env: { ...drains, CHAT_WS_PORT: port },
      });
    const first = await start();
    const crowd = await enterFleets(closers, first.url);
    const poster = new PersistentPoster(first.url, postEveryMs);
    closers.push('poster', () => poster.stop());
    const posting = poster.run();
    await delay(2_000);

    const begun = performance.now();
    const code = await first.stop();
    if (code !== 0) throw new Error(`the server that drained ended with ${code}`);
    const drainedMs = performance.now() - begun;
    const second = await start();
    const awayMs = performance.now() - begun;
    await untilAll(crowd, ({ joined, fewestJoins }) => fewestJoins >= 2 && joined === clients);
    const backMs = performance.now() - begun;
    const stall = await second.ask<number>({});
    poster.stop();
    await posting;
    const { retries, faults } = await untilAll(crowd, (state) => state.lowestSeq >= poster.head || state.faults > 0);
    say(
      `  drained in ${Math.round(drainedMs)} ms, served again after ${Math.round(awayMs)} ms, all back after ${Math.round(backMs)} ms, ${retries} tries in vain`,
    );
    if (faults > 0) throw new Error(`messages were lost or came twice: ${faults} times`);
    return { 'chat.drain.stall': stall };
  },
};

async function enterFleets(closers: Closers, url: string): Promise<StartedProcess[]> {
  const started: StartedProcess[] = [];
  for (let fleet = 0; fleet < fleets; fleet++) {
    const each = await startProcess(closers, { file: new URL('returning-fleet.ts', import.meta.url) });
    const request: ReturningFleet = { enter: { url, count: clients / fleets } };
    await each.ask(request);
    started.push(each);
  }
  return started;
}

async function untilAll(crowd: StartedProcess[], isReached: (state: FleetState) => boolean): Promise<FleetState> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const states = await Promise.all(crowd.map((fleet) => fleet.ask<FleetState>({})));
    const state = together(states);
    if (isReached(state)) return state;
    if (performance.now() > deadline) throw new Error(`not everybody came back: ${JSON.stringify(state)}`);
    await delay(100);
  }
}

function together(states: readonly FleetState[]): FleetState {
  const sum = (of: (state: FleetState) => number) => states.reduce((all, state) => all + of(state), 0);
  return {
    joined: sum(({ joined }) => joined),
    fewestJoins: Math.min(...states.map(({ fewestJoins }) => fewestJoins)),
    lowestSeq: Math.min(...states.map(({ lowestSeq }) => lowestSeq)),
    faults: sum(({ faults }) => faults),
    retries: sum(({ retries }) => retries),
  };
}
