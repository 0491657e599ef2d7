import type { SocketWriter } from './socket-writer.ts';

/**
 * Answers on their way out: those of one connection and one turn (or one batch of commits) become one write. What a room's feed writes
 * goes out after the answers gathered before it.
 */
export class Answers {
  #writers: SocketWriter[] = [];

  gather(writer: SocketWriter, frame: Buffer): void {
    if (!writer.gather(frame)) return;
    // After this turn's input has been worked off, before the loop looks for more.
    if (this.#writers.push(writer) === 1) process.nextTick(this.flush);
  }

  /** Writes everything that was gathered. */
  readonly flush = (): void => {
    const writers = this.#writers;
    this.#writers = [];
    for (const writer of writers) writer.flush();
  };
}
