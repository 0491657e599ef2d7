/** What a benchmark has found, and what it should have. */
type Figure = { id: string; value: number; unit: string; bar: Bar };

export type Bar = { op: '>=' | '<='; value: number };

function meets(value: number, { op, value: bar }: Bar): boolean {
  return op === '>=' ? value >= bar : value <= bar;
}

/** `BENCH <id> <value> <unit> bar <op> <bar> <met|missed>`, with three significant digits. */
export function formatFigure({ id, value, unit, bar }: Figure): string {
  const shown = Number(value.toPrecision(3));
  return `BENCH ${id} ${shown} ${unit} bar ${bar.op} ${bar.value} ${meets(value, bar) ? 'met' : 'missed'}`;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
