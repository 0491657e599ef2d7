import type { Closers } from '@parley/common/runtime/closers';
import type { Bar } from './figure.ts';

export type Benchmark = {
  /** `<service>.<what>`. */
  id: string;
  unit: string;
  bar: Bar;
  /** Measures; `say` is for what helps to judge the figure. Everything it starts is pushed to `closers`. */
  run(context: { closers: Closers; say(line: string): void }): Promise<number>;
};
