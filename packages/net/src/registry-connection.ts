import { randomInt } from 'node:crypto';
import type dgram from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { CookieAnswer, DiscoveryMessage, Found, Ok } from '@parley/common/contracts/discovery';
import { isLoopback } from '@parley/common/runtime/common-settings';
import { ParleyError } from '@parley/common/runtime/errors';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import type { Logger } from '@parley/common/runtime/logger';
import { decodeDatagram, encodeDatagram, type ReceivedDatagram } from '@parley/common/wire/discovery-datagram';
import type { UdpPeer } from './datagram-queue.ts';
import { endpoint } from './endpoint.ts';
import { addressesOf, type Lookup } from './lookup.ts';
import { NetError } from './net-error.ts';
import { ReliableRequests, type Retransmission } from './reliable-request.ts';
import { RequestStamps } from './request-stamps.ts';
import { openUdpSocket, type UdpSocket } from './udp-socket.ts';

export type RegistryConnectionOptions = {
  /** `udp://host:port` */
  discoveryUrl: string;
  keys: KeyRing;
  log: Logger;
  /** Another dgram module, in tests. */
  dgram?: typeof dgram;
  lookup?: Lookup;
};

export type RequestOptions = { retransmission?: Retransmission; signal?: AbortSignal };

/** What a request is answered with, when it is not an error. */
export type RegistryAnswer = Ok | Found | CookieAnswer;

/** The port when the address names none. */
const DEFAULT_PORT = 8400;

const LOOKUP_TIMEOUT_MS = 2000;

type Pending = { epoch: bigint; sequence: bigint };

/**
 * Signed requests to the registry and their answers. An answer counts only when it is signed and bears the request's
 * own epoch and sequence, so it does not matter which address it came from; nobody else can make one.
 */
export class RegistryConnection {
  readonly stamps = new RequestStamps();
  readonly #options: RegistryConnectionOptions;
  readonly #host: string;
  readonly #port: number;
  readonly #requests = new ReliableRequests<DiscoveryMessage>();
  readonly #pending = new Map<number, Pending>();
  readonly #sockets = new Map<string, Promise<UdpSocket>>();
  #nextId = randomInt(2 ** 32);
  /** Which of the registry's addresses is asked; the next one when it stays silent. */
  #turn = 0;
  #doubted = false;
  readonly #stop = new AbortController();

  constructor(options: RegistryConnectionOptions) {
    const { hostname, port } = new URL(options.discoveryUrl);
    this.#options = options;
    this.#host = hostname;
    this.#port = port ? Number(port) : DEFAULT_PORT;
  }

  /**
   * @throws NetError NO_ANSWER, CLOSED (aborted or closed), LOOKUP_FAILED, LOOKUP_TIMEOUT; ParleyError: the registry's own
   */
  async request(message: DiscoveryMessage, { retransmission, signal }: RequestOptions = {}): Promise<RegistryAnswer> {
    const until = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const turn = this.#turn;
    try {
      const to = { address: await this.#address(until), port: this.#port };
      return answerOrError(await this.#ask(message, to, { retransmission, signal: until }));
    } catch (err) {
      // Only once, however many requests were left without an answer at the same time.
      if (isSilence(err, until) && turn === this.#turn) this.#turn += 1;
      throw err;
    }
  }

  async #ask(message: DiscoveryMessage, to: UdpPeer, options: RequestOptions): Promise<DiscoveryMessage> {
    const socket = await this.#socket(to.address);
    const requestId = this.#nextId;
    this.#nextId = (requestId + 1) % 2 ** 32;
    const signing = this.#options.keys.signing('discovery');
    const stamp = this.stamps.next(Date.now());
    const bytes = encodeDatagram(
      { requestId, confirmable: true, message },
      { ...stamp, keyId: signing.id, key: signing.key },
    );
    this.#pending.set(requestId, stamp);
    try {
      const target = `the registry at ${endpoint(to.address, to.port)}`;
      const send = () => socket.send(bytes, to);
      const key = String(requestId);
      return await this.#requests.request({ key, target, send, ...options });
    } finally {
      this.#pending.delete(requestId);
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#sockets.values()].map(async (socket) => (await socket).close()));
  }

  /** Asked for each time: a registry that was moved has another address under the same name. */
  async #address(signal: AbortSignal): Promise<string> {
    const { lookup } = this.#options;
    const addresses = await addressesOf(this.#host, { timeoutMs: LOOKUP_TIMEOUT_MS, lookup, signal });
    return addresses[this.#turn % addresses.length] ?? this.#host;
  }

  async #socket(address: string): Promise<UdpSocket> {
    if (this.#stop.signal.aborted) throw new NetError('CLOSED', 'the client of the registry is closed');
    const loopback = isLoopback(address);
    const host = isIPv6(address) ? (loopback ? '::1' : '::') : loopback ? '127.0.0.1' : '0.0.0.0';
    const opened = this.#sockets.get(host);
    if (opened) return opened;
    const { dgram, log } = this.#options;
    const opening = openUdpSocket({
      host,
      port: 0,
      onError: (err) => log.debug({ err }, 'UDP socket'),
      ...(dgram && { dgram }),
    });
    this.#sockets.set(host, opening);
    opening.then(
      (socket) => this.#listen(socket),
      () => this.#sockets.delete(host),
    );
    return opening;
  }

  async #listen(socket: UdpSocket): Promise<void> {
    for await (const { bytes } of socket) this.#receive(bytes);
  }

  #receive(bytes: Buffer): void {
    const received = this.#decode(bytes);
    const pending = received && this.#pending.get(received.requestId);
    if (!pending) return;
    const { origin, message, requestId } = received;
    if (origin && origin.epoch === pending.epoch && origin.sequence === pending.sequence) {
      this.#requests.settle(String(requestId), message);
    } else if (!this.#doubted) {
      this.#doubted = true;
      this.#options.log.warn(
        { answer: message.type === 'error' ? message.code : message.type },
        'an answer of the registry was not signed as expected; is PARLEY_SERVICE_SECRET the same there?',
      );
    }
  }

  #decode(bytes: Buffer): ReceivedDatagram | undefined {
    try {
      return decodeDatagram(bytes, this.#options.keys.verifying('discovery'));
    } catch {
      return undefined;
    }
  }
}

/** Whether nobody answered in time. A caller that gave up for a reason of its own tells nothing of the registry. */
function isSilence(err: unknown, { reason }: AbortSignal): boolean {
  if (!(err instanceof NetError)) return false;
  return err.code === 'NO_ANSWER' || (reason instanceof DOMException && reason.name === 'TimeoutError');
}

function answerOrError(answer: DiscoveryMessage): RegistryAnswer {
  switch (answer.type) {
    case 'ok':
    case 'found':
    case 'cookie':
      return answer;
    case 'error':
      throw new ParleyError(answer.code, answer.message);
    default:
      throw new ParleyError('BAD_MESSAGE', `The registry answered with ${answer.type}.`);
  }
}
