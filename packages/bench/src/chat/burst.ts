import type { Benchmark } from '../benchmark.ts';
import { rivals } from './rivals.ts';
import { versus } from './versus.ts';

/** Bursts of ten posts, in the two ways in which they can arrive; `versus` says how they are measured. */
export const burst: Benchmark = {
  figures: [
    { id: 'chat.burst.vs_socketio', unit: 'ratio', bar: { op: '>=', value: 7 } },
    { id: 'chat.burst.vs_ws', unit: 'ratio', bar: { op: '>=', value: 6 } },
    { id: 'chat.burst.vs_limit', unit: 'ratio', bar: { op: '>=', value: 0.6 } },
  ],
  run: (context) =>
    versus(context, {
      against: {
        'chat.burst.vs_socketio': rivals.socketIo,
        'chat.burst.vs_ws': rivals.wsLoop,
        'chat.burst.vs_limit': rivals.limit,
      },
      shapes: [
        { name: 'bursts in one chunk', size: 10, writes: 'one chunk' },
        { name: 'bursts in ten writes', size: 10, writes: 'one by one' },
      ],
      starts: 2,
      rounds: 4,
      roundMs: 1_200,
    }),
};
