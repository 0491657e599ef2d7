import type { BenchmarkContext } from '../benchmark.ts';
import { median } from '../figure.ts';
import { type Crowd, deliveriesPerCpuSecond, gather, type Shape } from './bursts.ts';
import { type Rival, rivals } from './rivals.ts';

const receivers = 1_000;

export type Versus = {
  /** By the figure's id. */
  against: Record<string, Rival>;
  shapes: readonly Shape[];
  rounds: number;
  roundMs: number;
};

/**
 * Deliveries per second of the server's CPU time, Parley's with the log on, as a ratio to each rival's: in each round all have their
 * turn, and the ratio is the median of the rounds' ratios; of several shapes, the worst ratio counts.
 */
export async function versus(
  { closers, say, wanted }: BenchmarkContext,
  { against, shapes, rounds, roundMs }: Versus,
): Promise<Record<string, number>> {
  const measured = Object.entries(against).filter(([id]) => wanted.has(id));
  const crowdOf = async ({ start, language }: Rival) =>
    gather(closers, { server: await start(closers), language, receivers });
  const crowds: Crowd[] = [await crowdOf(rivals.parley)];
  for (const [, rival] of measured) crowds.push(await crowdOf(rival));

  const worst = new Map<string, number>();
  for (const shape of shapes) {
    const rates: number[][] = crowds.map(() => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [index, crowd] of crowds.entries()) {
        const rate = await deliveriesPerCpuSecond(crowd, shape, roundMs);
        // The first round is for the compilers.
        if (round > 0) rates[index]!.push(rate);
      }
    }
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
