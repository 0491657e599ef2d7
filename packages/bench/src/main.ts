import { createClosers } from '@parley/common/runtime/closers';
import type { Benchmark } from './benchmark.ts';
import { burst } from './chat/burst.ts';
import { drainStall } from './chat/drain-stall.ts';
import { idleMemory } from './chat/idle-memory.ts';
import { postLatency } from './chat/post-latency.ts';
import { posts } from './chat/posts.ts';
import { single } from './chat/single.ts';
import { slowDisk } from './chat/slow-disk.ts';
import { slowP99 } from './chat/slow-p99.ts';
import { type Choice, choose, usage } from './choose.ts';
import { formatFigure } from './figure.ts';

/** In the order in which they run. */
const benchmarks: readonly Benchmark[] = [burst, single, posts, postLatency, slowDisk, idleMemory, drainStall, slowP99];

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function measure({ benchmark, wanted }: Choice): Promise<void> {
  const closers = createClosers();
  try {
    const values = await benchmark.run({ closers, say, wanted });
    for (const figure of benchmark.figures) {
      const value = values[figure.id];
      if (wanted.has(figure.id) && value !== undefined) say(formatFigure({ ...figure, value }));
    }
  } catch (thrown) {
    say(`FAILED ${[...wanted].join(' ')}: ${thrown instanceof Error ? thrown.stack : thrown}`);
    process.exitCode = 1;
  } finally {
    await closers.close(60_000);
  }
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  say(usage(benchmarks));
} else {
  try {
    for (const choice of choose(benchmarks, args)) await measure(choice);
  } catch (thrown) {
    say(`${(thrown as Error).message}\n${usage(benchmarks)}`);
    process.exitCode = 1;
  }
}
