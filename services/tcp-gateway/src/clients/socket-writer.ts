import type { Socket } from 'node:net';

/**
 * What goes out to one client. Everything written in one turn of the event loop leaves in one system call. How much is
 * still unsent, and when it has gone, is known by the callbacks of the writes: `drain` comes only after a write that
 * returned false, and not everywhere over TLS.
 */
export class SocketWriter {
  /** When the client last took something, or was first given something, on the clock of `performance.now()`. */
  movedAt = performance.now();
  readonly #socket: Socket;
  #written = 0;
  #flushed = 0;
  #waiting: { until: number; flushed: () => void }[] = [];
  #isCorked = false;
  #isEnded = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Bytes that have not left user space. */
  get pendingBytes(): number {
    return this.#socket.writableLength;
  }

  /** How long the client has taken nothing of what waits for it; 0 when nothing waits. */
  stalledMs(now: number): number {
    return this.#written === this.#flushed ? 0 : now - this.movedAt;
  }

  /** Takes bytes in order; ignored after `end` and on a broken connection. */
  write(bytes: Buffer): void {
    if (this.#isEnded || !this.#socket.writable || bytes.length === 0) return;
    if (this.#written === this.#flushed) this.movedAt = performance.now();
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    this.#written += 1;
    this.#socket.write(bytes, this.#onFlushed);
  }

  /** Calls `flushed` once everything written until now has left user space; never on a connection that breaks before. */
  afterFlush(flushed: () => void): void {
    if (this.#flushed < this.#written) this.#waiting.push({ until: this.#written, flushed });
    else setImmediate(flushed);
  }

  /** Nothing more will be written: what is there still leaves, then the writing half is closed. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#uncork();
    this.#socket.end();
  }

  readonly #uncork = (): void => {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#socket.uncork();
  };

  readonly #onFlushed = (err?: Error | null): void => {
    if (err) return;
    this.#flushed += 1;
    this.movedAt = performance.now();
    while (this.#waiting[0] !== undefined && this.#waiting[0].until <= this.#flushed) this.#waiting.shift()!.flushed();
  };
}
