/** Which other nodes there are, as long as they say so. Times in ms, of any one clock. */
export class Nodes {
  readonly #leaseMs: number;
  readonly #heardAt = new Map<string, number>();

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
  }

  get size(): number {
    return this.#heardAt.size;
  }

  names(): string[] {
    return [...this.#heardAt.keys()];
  }

  /** The node has said something; true: it is new. */
  heard(node: string, now: number): boolean {
    const isNew = !this.#heardAt.has(node);
    this.#heardAt.set(node, now);
    return isNew;
  }

  /** The node has said that it goes. */
  gone(node: string): void {
    this.#heardAt.delete(node);
  }

  /** Takes out those whose lease has ended, and names them. */
  expire(now: number): string[] {
    const late = [...this.#heardAt].filter(([, at]) => at < now - this.#leaseMs).map(([node]) => node);
    for (const node of late) this.#heardAt.delete(node);
    return late;
  }
}
