import type { Benchmark } from './benchmark.ts';

export type Choice = { benchmark: Benchmark; wanted: ReadonlySet<string> };

/** What `pnpm bench [<service> [<id>…]]` asks for, in the order in which the benchmarks stand. @throws Error that names what is unknown */
export function choose(benchmarks: readonly Benchmark[], [service, ...ids]: readonly string[]): Choice[] {
  const known = benchmarks.flatMap(({ figures }) => figures.map(({ id }) => id));
  const ofService = known.filter((id) => service === undefined || id.startsWith(`${service}.`));
  if (ofService.length === 0) throw new Error(`there is nothing to measure of ${service}`);
  const unknown = ids.filter((id) => !ofService.includes(id));
  if (unknown.length > 0) throw new Error(`no figure of ${service}: ${unknown.join(', ')}`);
  const asked = new Set(ids.length === 0 ? ofService : ids);
  return benchmarks.flatMap((benchmark) => {
    const wanted = new Set(benchmark.figures.map(({ id }) => id).filter((id) => asked.has(id)));
    return wanted.size === 0 ? [] : [{ benchmark, wanted }];
  });
}

/** What `--help` says. */
export function usage(benchmarks: readonly Benchmark[]): string {
  const figures = benchmarks.flatMap(({ figures }) => figures);
  const lines = figures.map(({ id, unit, bar }) => `  ${id.padEnd(24)} ${bar.op} ${bar.value} ${unit}`);
  return `usage: pnpm bench [<service> [<id>…]]

Measures Parley and its peers in one run and prints a line per figure:
  BENCH <id> <value> <unit> bar <op> <bar> <met|missed>
A missed bar does not fail the run; a measurement that cannot be made, or finds something lost, does.

Figures and their bars:
${lines.join('\n')}`;
}
