import type { SocketWriter } from './socket-writer.ts';

/**
 * Answers on their way out: those of one connection and one turn (or one batch of commits) become one write. What a room's feed writes
 * goes out after the answers gathered before it.
 */
export class Answers {
  #writers: SocketWriter[] = [];
  #held = false;

  gather(writer: SocketWriter, frame: Buffer): void {
    if (!writer.gather(frame)) return;
    // After this turn's input has been worked off, before the loop looks for more.
    if (this.#writers.push(writer) === 1 && !this.#held) process.nextTick(this.#flush);
  }

  /** What is gathered while `give` runs is written at its end. */
  readonly together = (give: () => void): void => {
    this.#held = true;
    try {
      give();
    } finally {
      this.#held = false;
      this.#flush();
    }
  };

  readonly #flush = (): void => {
    const writers = this.#writers;
    this.#writers = [];
    for (const writer of writers) writer.flush();
  };
}
