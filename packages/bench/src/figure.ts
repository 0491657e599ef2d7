import type { FigureKind } from './benchmark.ts';

export type Bar = { op: '>=' | '<='; value: number };

function meets(value: number, { op, value: bar }: Bar): boolean {
  return op === '>=' ? value >= bar : value <= bar;
}

/** `BENCH <id> <value> <unit> bar <op> <bar> <met|missed>`, with three significant digits. */
export function formatFigure({ id, value, unit, bar }: FigureKind & { value: number }): string {
  const shown = Number(value.toPrecision(3));
  return `BENCH ${id} ${shown} ${unit} bar ${bar.op} ${bar.value} ${meets(value, bar) ? 'met' : 'missed'}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value that the share `q` of all values is not above: the nearest rank. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
}
