/** Where a datagram came from, or goes to. */
export type UdpPeer = { address: string; port: number };

export type ReceivedDatagram = { bytes: Buffer; from: UdpPeer };

type Waiting = { resolve: (datagram: ReceivedDatagram | undefined) => void };

/** What a datagram costs besides its bytes, about: so that a flood of empty ones is bounded too. */
export const DATAGRAM_OVERHEAD_BYTES = 256;

/**
 * Received datagrams until somebody takes them. It is bounded in bytes: what comes in over the bound is dropped and
 * counted, as the kernel's own buffer does, so that a flood costs no memory.
 */
export class DatagramQueue {
  dropped = 0;
  readonly #maxBytes: number;
  readonly #queued: ReceivedDatagram[] = [];
  readonly #waiting: Waiting[] = [];
  #bytes = 0;
  #overflowing = false;
  #ended = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#queued.length;
  }

  /** Whether a datagram was dropped since one was last taken. */
  get isOverflowing(): boolean {
    return this.#overflowing;
  }

  put(datagram: ReceivedDatagram): void {
    if (this.#ended) return;
    const taker = this.#waiting.shift();
    if (taker) taker.resolve(datagram);
    else if (this.#bytes + costOf(datagram) <= this.#maxBytes) this.#keep(datagram);
    else this.#drop();
  }

  /** The oldest datagram, as soon as there is one; undefined once the queue has ended and is empty. */
  take(): { datagram: Promise<ReceivedDatagram | undefined>; forget: () => void } {
    const datagram = this.#queued.shift();
    if (datagram) {
      this.#bytes -= costOf(datagram);
      this.#overflowing = false;
    }
    if (datagram || this.#ended) return { datagram: Promise.resolve(datagram), forget: () => {} };
    const { promise, resolve } = Promise.withResolvers<ReceivedDatagram | undefined>();
    const waiting = { resolve };
    this.#waiting.push(waiting);
    const forget = () => {
      const index = this.#waiting.indexOf(waiting);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
    return { datagram: promise, forget };
  }

  end(): void {
    this.#ended = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined);
  }

  #keep(datagram: ReceivedDatagram): void {
    this.#queued.push(datagram);
    this.#bytes += costOf(datagram);
  }

  #drop(): void {
    this.dropped += 1;
    this.#overflowing = true;
  }
}

function costOf({ bytes }: ReceivedDatagram): number {
  return bytes.length + DATAGRAM_OVERHEAD_BYTES;
}
