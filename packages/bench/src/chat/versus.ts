import { createClosers } from '@parley/common/runtime/closers';
import type { BenchmarkContext } from '../benchmark.ts';
import { median } from '../figure.ts';
import { type Crowd, deliveriesPerCpuSecond, gather, type Shape } from './bursts.ts';
import { type Rival, rivals } from './rivals.ts';

const receivers = 1_000;

/** For the compilers: what runs once per post has run some hundred times then. */
const warmUpMs = 5_000;

export type Versus = {
  /** By the figure's id. */
  against: Record<string, Rival>;
  shapes: readonly Shape[];
  /** How often all servers are started anew: where a process's memory happens to lie makes a few percent. */
  starts: number;
  /** After each start. */
  rounds: number;
  roundMs: number;
};

/**
 * Deliveries per second of the server's CPU time, Parley's with the log on, as a ratio to each rival's: in each round all have their
 * turn, and the ratio is the median of all rounds' ratios; of several shapes, the worst ratio counts.
 */
export async function versus(
  { say, wanted }: BenchmarkContext,
  { against, shapes, starts, rounds, roundMs }: Versus,
): Promise<Record<string, number>> {
  const measured = Object.entries(against).filter(([id]) => wanted.has(id));
  const all = [rivals.parley, ...measured.map(([, rival]) => rival)];
  const results = shapes.map((shape) => ({ shape, rates: all.map((): number[] => []) }));
  for (let start = 0; start < starts; start++) {
    const closers = createClosers();
    try {
      const crowds: Crowd[] = [];
      for (const { start, language } of all)
        crowds.push(await gather(closers, { server: await start(closers), language, receivers }));
      for (const { shape, rates } of results) await measure(crowds, { shape, rates, rounds, roundMs });
    } finally {
      await closers.close();
    }
  }

  const worst = new Map<string, number>();
  for (const { shape, rates } of results) {
    const [ours = [], ...theirs] = rates;
    say(`  ${shape.name}: Parley ${Math.round(median(ours))} deliveries per second of CPU`);
    for (const [index, [id, { name }]] of measured.entries()) {
      const their = theirs[index]!;
      const ratio = median(ours.map((rate, round) => rate / their[round]!));
      say(`  ${shape.name}: ${name} ${Math.round(median(their))}, ratio ${ratio.toFixed(2)}`);
      worst.set(id, Math.min(ratio, worst.get(id) ?? Number.POSITIVE_INFINITY));
    }
  }
  return Object.fromEntries(worst);
}

type Measure = { shape: Shape; rates: readonly number[][]; rounds: number; roundMs: number };

/** Adds to each crowd's rates. */
async function measure(crowds: readonly Crowd[], { shape, rates, rounds, roundMs }: Measure): Promise<void> {
  for (const crowd of crowds) await deliveriesPerCpuSecond(crowd, shape, warmUpMs);
  for (let round = 0; round < rounds; round++) {
    for (const [index, crowd] of crowds.entries())
      rates[index]!.push(await deliveriesPerCpuSecond(crowd, shape, roundMs));
  }
}
