import { setTimeout as delay } from 'node:timers/promises';
import type { Benchmark } from '../benchmark.ts';
import { median, quantile } from '../figure.ts';
import type { RawClient } from '../raw-client.ts';
import type { BareCommits, BareResult } from './bare-commits.ts';
import { enterReader, keyedPosts, Posters } from './posters.ts';
import { startBare } from './start-bare.ts';
import { startChat } from './start-chat.ts';

/** Rounds before those that count: a process that has stored a few hundred posts has compiled what it needs for one. */
const warmUp = 10;
const rounds = 60;
const postsPerRound = 50;
const pauseMs = 2;

/**
 * A lone post, until `posted` is there, above what the same rows' commit takes in a bare loop. Both take turns, with the same pauses.
 */
export const postLatency: Benchmark = {
  figures: [
    { id: 'chat.post.latency', unit: 'ms', bar: { op: '<=', value: 0.5 } },
    { id: 'chat.post.p99', unit: 'ms', bar: { op: '<=', value: 2 } },
  ],
  async run({ closers, say }) {
    const bare = await startBare(closers);
    const chat = await startChat(closers);
    await enterReader(closers, chat.url);
    const [client] = (await Posters.enter(closers, chat.url, 1)).clients;
    const lone: number[] = [];
    const alone: number[] = [];
    for (let round = -warmUp; round < rounds; round++) {
      const request: BareCommits = { rowsPerCommit: 1, times: postsPerRound, pauseMs };
      const { commitMs } = await bare.ask<BareResult>(request);
      const postMs = await lonePosts(client!);
      if (round < 0) continue;
      alone.push(...commitMs);
      lone.push(...postMs);
    }
    const figures = (values: number[]) => ({ middle: median(values), p99: quantile(values, 0.99) });
    const [ours, bares] = [figures(lone), figures(alone)];
    say(`  post: median ${ours.middle.toFixed(2)} ms, p99 ${ours.p99.toFixed(2)} ms`);
    say(`  bare commit: median ${bares.middle.toFixed(2)} ms, p99 ${bares.p99.toFixed(2)} ms`);
    return { 'chat.post.latency': ours.middle - bares.middle, 'chat.post.p99': ours.p99 - bares.p99 };
  },
};

async function lonePosts(client: RawClient): Promise<number[]> {
  const took: number[] = [];
  for (let post = 0; post < postsPerRound; post++) {
    const frame = keyedPosts(1);
    const answered = client.reached(client.count + 1);
    const begun = performance.now();
    client.write(frame);
    await answered;
    took.push(performance.now() - begun);
    await delay(pauseMs);
  }
  return took;
}
