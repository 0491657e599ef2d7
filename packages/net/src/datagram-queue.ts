/** Where a datagram came from, or goes to. */
export type UdpPeer = { address: string; port: number };

export type ReceivedDatagram = { bytes: Buffer; from: UdpPeer };

type Waiting = { resolve: (datagram: ReceivedDatagram | undefined) => void };

/**
 * Received datagrams until somebody takes them. It is bounded: what comes in over the bound is dropped and counted,
 * as the kernel's own buffer does, so that a flood costs no memory.
 */
export class DatagramQueue {
  dropped = 0;
  readonly #max: number;
  readonly #queued: ReceivedDatagram[] = [];
  readonly #waiting: Waiting[] = [];
  #ended = false;

  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#queued.length;
  }

  put(datagram: ReceivedDatagram): void {
    if (this.#ended) return;
    const taker = this.#waiting.shift();
    if (taker) taker.resolve(datagram);
    else if (this.#queued.length < this.#max) this.#queued.push(datagram);
    else this.dropped += 1;
  }

  /** The oldest datagram, as soon as there is one; undefined once the queue has ended and is empty. */
  take(): { datagram: Promise<ReceivedDatagram | undefined>; forget: () => void } {
    const datagram = this.#queued.shift();
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
}
