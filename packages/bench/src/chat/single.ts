import type { Benchmark } from '../benchmark.ts';
import { rivals } from './rivals.ts';
import { versus } from './versus.ts';

/** Posts one at a time; `versus` says how they are measured. */
export const single: Benchmark = {
  figures: [
    { id: 'chat.single.vs_socketio', unit: 'ratio', bar: { op: '>=', value: 1.3 } },
    { id: 'chat.single.vs_ws', unit: 'ratio', bar: { op: '>=', value: 1 } },
  ],
  run: (context) =>
    versus(context, {
      against: { 'chat.single.vs_socketio': rivals.socketIo, 'chat.single.vs_ws': rivals.wsLoop },
      shapes: [{ name: 'single posts', size: 1, writes: 'one chunk' }],
      starts: 2,
      rounds: 7,
      roundMs: 1_200,
    }),
};
