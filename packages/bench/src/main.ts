import { createClosers } from '@parley/common/runtime/closers';
import type { Benchmark } from './benchmark.ts';
import { burstVsWs } from './chat/burst-vs-ws.ts';
import { formatFigure } from './figure.ts';

/** In the order in which they run. */
const benchmarks: readonly Benchmark[] = [burstVsWs];

const [service, ...ids] = process.argv.slice(2);
const chosen = benchmarks.filter(
  ({ id }) => (service === undefined || id.startsWith(`${service}.`)) && (ids.length === 0 || ids.includes(id)),
);
const say = (line: string) => void process.stdout.write(`${line}\n`);

if (chosen.length === 0) {
  say(`usage: pnpm bench [<service> [<id>…]], of ${benchmarks.map(({ id }) => id).join(', ')}`);
  process.exitCode = 1;
}
for (const { id, unit, bar, run } of chosen) {
  const closers = createClosers();
  try {
    say(formatFigure({ id, unit, bar, value: await run({ closers, say }) }));
  } finally {
    await closers.close();
  }
}
