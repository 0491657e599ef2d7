import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import { listenError } from '@parley/common/runtime/listen';
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised';
import { DatagramQueue, type ReceivedDatagram, type UdpPeer } from './datagram-queue.ts';
import { endpoint } from './endpoint.ts';
import { NetError, reasonOf } from './net-error.ts';

/** The most that UDP over IPv4 can carry: 65,535 less the headers of IP and UDP. */
export const MAX_DATAGRAM_BYTES = 65_507;

export type UdpSocketOptions = {
  /** The address to bind; its form decides between IPv4 and IPv6. */
  host: string;
  /** 0 takes a free one. */
  port: number;
  /** Name of the setting that holds the port: an error then says what to change. */
  setting?: string;
  /** Connected mode: datagrams go to this peer only, and nobody else is heard. */
  peer?: UdpPeer;
  /** Of received datagrams that wait to be taken; more are dropped. */
  maxQueuedBytes?: number;
  /** Another dgram module, in tests: it loses, doubles and reorders datagrams. */
  dgram?: typeof dgram;
  /** What happens to the open socket; it goes on. */
  onError?: (err: Error) => void;
};

/** @throws StartError that names port and setting; NetError BIND_FAILED where no setting is named */
export async function openUdpSocket(options: UdpSocketOptions): Promise<UdpSocket> {
  const { host, port, setting, peer, onError } = options;
  const type = isIPv6(host) ? 'udp6' : 'udp4';
  const promised = DgramAsPromised.createSocket({ type, dgram: options.dgram ?? dgram });
  const socket = new UdpSocket(promised, options);
  try {
    await promised.bind(port, host);
    if (peer) await connected(promised.socket, peer);
    if (onError) promised.socket.on('error', onError);
    return socket;
  } catch (cause) {
    await socket.close();
    if (setting) throw listenError(cause as NodeJS.ErrnoException, { host, port, setting });
    throw new NetError('BIND_FAILED', `UDP ${endpoint(host, port)} cannot be taken: ${reasonOf(cause)}`, { cause });
  }
}

/** dgram-as-promised has no connect(), so this speaks to the socket below it. */
function connected(socket: dgram.Socket, { address, port }: UdpPeer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.connect(port, address, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

/**
 * A UDP socket that never misses a datagram between two calls: it listens from its first moment to its last, and
 * keeps what it hears in a bounded queue.
 *
 * dgram-as-promised is used for bind, send and close. Its recv() and iterator listen only while they are
 * pending, and an error that it remembers makes a later, unrelated send() fail; its own listeners are therefore taken
 * off (`destroy()`).
 */
export class UdpSocket implements AsyncIterable<ReceivedDatagram> {
  readonly #promised: SocketAsPromised;
  readonly #queue: DatagramQueue;
  readonly #connected: boolean;
  #closing: Promise<void> | undefined;

  constructor(promised: SocketAsPromised, { maxQueuedBytes = 1 << 20, peer }: UdpSocketOptions) {
    this.#promised = promised.destroy();
    this.#queue = new DatagramQueue(maxQueuedBytes);
    this.#connected = peer !== undefined;
    promised.socket.on('message', (bytes, { address, port }) => this.#queue.put({ bytes, from: { address, port } }));
    // An ICMP "port unreachable" of a connected socket comes as an error: the peer is away, the socket is fine. One
    // that nobody listens to would end the process.
    promised.socket.on('error', () => {});
  }

  get address(): UdpPeer {
    const { address, port } = this.#promised.address();
    return { address, port };
  }

  /** Datagrams that were dropped because nobody took them in time. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** Whether datagrams are being dropped now. */
  get isOverflowing(): boolean {
    return this.#queue.isOverflowing;
  }

  /**
   * Hands one datagram to the kernel; that it arrives is not promised. A connected socket needs no `to`.
   * @throws NetError DATAGRAM_TOO_LARGE, CLOSED; or the system's error
   */
  async send(bytes: Uint8Array, to?: UdpPeer): Promise<void> {
    if (bytes.byteLength > MAX_DATAGRAM_BYTES) {
      const message = `a datagram carries at most ${MAX_DATAGRAM_BYTES} bytes, not ${bytes.byteLength}`;
      throw new NetError('DATAGRAM_TOO_LARGE', message);
    }
    if (this.#closing) throw new NetError('CLOSED', 'the socket is closed');
    if (!to && !this.#connected) throw new NetError('CLOSED', 'the socket has no peer: say where to send to');
    // Only the form with five arguments passes a connected socket: with 0 and '' as the peer that it already has.
    await this.#promised.send(bytes, 0, bytes.byteLength, to?.port ?? 0, to?.address ?? '');
  }

  /**
   * The next datagram, in the order of arrival; undefined once the socket is closed.
   * @throws NetError RECEIVE_TIMEOUT when none came within `timeoutMs`; the socket goes on
   */
  async receive(timeoutMs?: number): Promise<ReceivedDatagram | undefined> {
    const { datagram, forget } = this.#queue.take();
    if (timeoutMs === undefined) return datagram;
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      // Forgotten first: a datagram that comes now stays in the queue for the next call.
      forget();
      reject(new NetError('RECEIVE_TIMEOUT', `no datagram within ${timeoutMs} ms`));
    }, timeoutMs);
    try {
      return await Promise.race([datagram, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ReceivedDatagram> {
    for (let datagram = await this.receive(); datagram; datagram = await this.receive()) yield datagram;
  }

  /** Ends `receive()` and the iteration; what waits in the queue can still be taken. Repeating it does nothing. */
  close(): Promise<void> {
    this.#closing ??= this.#promised.close().finally(() => this.#queue.end());
    return this.#closing;
  }
}
