/** The place of one command's answer among the others. */
export type Slot = { bytes: Buffer | undefined; isFilled: boolean };

/** So many places that have been left are given back together. */
const compactAt = 512;

/** Commands may be answered in any order; their answers leave in the order of the commands. */
export class AnswerSlots {
  /** Bytes of answers that wait for an earlier one. */
  heldBytes = 0;
  readonly #write: (bytes: Buffer) => void;
  #slots: Slot[] = [];
  /** Index of the first slot that has not left. */
  #first = 0;

  constructor(write: (bytes: Buffer) => void) {
    this.#write = write;
  }

  /** Commands whose answers have not left. */
  get size(): number {
    return this.#slots.length - this.#first;
  }

  /** Takes a place behind all the others. */
  open(): Slot {
    const slot: Slot = { bytes: undefined, isFilled: false };
    this.#slots.push(slot);
    return slot;
  }

  /** The answer is there; without bytes: there is none to give. Writes it and those that waited for it. */
  fill(slot: Slot, bytes?: Buffer): void {
    if (slot.isFilled) return;
    slot.isFilled = true;
    slot.bytes = bytes;
    this.heldBytes += bytes?.length ?? 0;
    while (this.#slots[this.#first]?.isFilled) this.#leave();
  }

  #leave(): void {
    const slot = this.#slots[this.#first]!;
    const { bytes } = slot;
    slot.bytes = undefined;
    this.#first += 1;
    if (this.#first === this.#slots.length || this.#first === compactAt) {
      this.#slots = this.#slots.slice(this.#first);
      this.#first = 0;
    }
    if (bytes === undefined) return;
    this.heldBytes -= bytes.length;
    this.#write(bytes);
  }
}
