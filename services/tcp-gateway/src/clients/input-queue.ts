/** Decoded things in the order they came, taken off one by one. */
export class InputQueue<T> {
  #items: T[] = [];
  #first = 0;

  push(items: readonly T[]): void {
    if (this.#first === this.#items.length) {
      this.#items = [...items];
      this.#first = 0;
    } else {
      this.#items.push(...items);
    }
  }

  take(): T | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#first += 1;
    if (this.#first === this.#items.length) {
      this.#items = [];
      this.#first = 0;
    }
    return item;
  }
}
