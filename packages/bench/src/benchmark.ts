import type { Closers } from '@parley/common/runtime/closers';
import type { Bar } from './figure.ts';

/** A figure that a benchmark gives: `id` is `<service>.<what>`. */
export type FigureKind = { id: string; unit: string; bar: Bar };

export type BenchmarkContext = {
  /** Everything that a benchmark starts is pushed here. */
  closers: Closers;
  /** For what helps to judge a figure. */
  say(line: string): void;
  /** The ids that are asked for: what only others need need not be measured. */
  wanted: ReadonlySet<string>;
};

/** One measurement and the figures that come from it. */
export type Benchmark = {
  figures: readonly FigureKind[];
  /** The value of each wanted figure, by id. @throws Error when what must hold besides does not, such as that nothing is lost */
  run(context: BenchmarkContext): Promise<Record<string, number>>;
};
