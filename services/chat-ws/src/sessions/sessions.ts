import { ParleyError } from '@parley/common/runtime/errors';
import { networkOf } from '@parley/net/network-of';
import { CountBy } from './count-by.ts';
import type { Identity } from './identity.ts';
import type { Peer } from './peer.ts';
import { Session } from './session.ts';

export type SessionLimits = { connectionsPerAddress: number; connectionsPerUser: number };

/** Everybody who is connected, counted by address (of IPv6: by network) and by user. */
export class Sessions {
  readonly #sessions = new Map<number, Session>();
  readonly #byAddress = new CountBy();
  readonly #byUser = new CountBy();
  readonly #limits: SessionLimits;
  #numbers = 0;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  values(): Iterable<Session> {
    return this.#sessions.values();
  }

  get(number: number): Session | undefined {
    return this.#sessions.get(number);
  }

  /** Whether one more connection from this address is too many; `more`: those that are not counted here yet. */
  isFull(address: string, more = 0): boolean {
    return this.#byAddress.of(countedAs(address)) + more >= this.#limits.connectionsPerAddress;
  }

  /** Counts a connection that has no session; what comes back takes it off again. */
  countAddress(address: string): () => void {
    const name = countedAs(address);
    this.#byAddress.add(name);
    return () => this.#byAddress.remove(name);
  }

  open(options: { peer: Peer; address: string; authBy: number }): Session {
    this.#numbers += 1;
    const session = new Session({ number: this.#numbers, ...options });
    this.#sessions.set(session.number, session);
    this.#byAddress.add(session.network);
    return session;
  }

  /** The session is this user's from now on. @throws ParleyError LIMIT_REACHED */
  identify(session: Session, identity: Identity): void {
    if (session.identity === undefined) {
      if (this.#byUser.of(identity.user.id) >= this.#limits.connectionsPerUser) {
        throw new ParleyError('LIMIT_REACHED', 'You have as many connections as you may; close one first.');
      }
      this.#byUser.add(identity.user.id);
    }
    session.identity = identity;
  }

  /** The client is gone. */
  close(session: Session): void {
    if (!this.#sessions.delete(session.number)) return;
    session.ended = true;
    this.#byAddress.remove(session.network);
    if (session.identity !== undefined) this.#byUser.remove(session.identity.user.id);
  }
}

function countedAs(address: string): string {
  return networkOf(address, { ipv4Bits: 32 });
}
