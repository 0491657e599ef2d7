import type { Benchmark } from '../benchmark.ts';
import { median } from '../figure.ts';
import type { BareCommits, BareResult } from './bare-commits.ts';
import { enterReader, Posters } from './posters.ts';
import { startBare } from './start-bare.ts';
import { startChat } from './start-chat.ts';

const clients = 100;
const rounds = 5;
const roundMs = 2_000;
const rowsPerCommit = 100;

/** How many posts of each client are under way. */
const outstanding: Record<string, number> = { 'chat.posts.durable': 32, 'chat.posts.lockstep': 1 };

/**
 * Acknowledged posts per second of a hundred clients that have not joined the room, where there is one reader; against a bare
 * group-commit loop in batches of 100 on the same tables. They take turns, each round has its ratio, and the median counts.
 */
export const posts: Benchmark = {
  figures: [
    { id: 'chat.posts.durable', unit: 'ratio', bar: { op: '>=', value: 0.6 } },
    { id: 'chat.posts.lockstep', unit: 'ratio', bar: { op: '>=', value: 0.25 } },
  ],
  async run({ closers, say, wanted }) {
    const bare = await startBare(closers);
    const chat = await startChat(closers);
    await enterReader(closers, chat.url);
    const posters = await Posters.enter(closers, chat.url, clients);
    const kinds = Object.entries(outstanding).filter(([id]) => wanted.has(id));
    const rates = new Map(kinds.map(([id]) => [id, { ours: [] as number[], bare: [] as number[] }]));
    for (let round = 0; round <= rounds; round++) {
      for (const [id, each] of kinds) {
        const request: BareCommits = { rowsPerCommit, forMs: roundMs };
        const { rowsPerSecond } = await bare.ask<BareResult>(request);
        const ours = await posters.perSecond(each, roundMs);
        // The first round is for the compilers.
        if (round === 0) continue;
        rates.get(id)?.bare.push(rowsPerSecond);
        rates.get(id)?.ours.push(ours);
      }
    }
    const values: Record<string, number> = {};
    for (const [id, each] of rates) {
      say(`  ${id}: ${Math.round(median(each.ours))} posts/s, bare ${Math.round(median(each.bare))} rows/s`);
      values[id] = median(each.ours.map((rate, round) => rate / each.bare[round]!));
    }
    return values;
  },
};
