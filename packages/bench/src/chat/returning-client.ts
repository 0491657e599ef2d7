import { setTimeout as delay } from 'node:timers/promises';
import { completeOptions } from '@parley/client/chat-options';
import { type Backoff, backoffMs } from '@parley/net/backoff';
import { RawClient } from '../raw-client.ts';
import { room } from './languages.ts';
import { Positions } from './positions.ts';

/** The fields of all that is pushed and answered. */
type Pushed = {
  type: string;
  re?: string;
  seq?: number;
  epoch?: string;
  head?: number;
  recovered?: boolean;
  ticket?: string;
  reconnectAfterMs?: number;
};

/**
 * A client that follows the room for good and behaves like the SDK's (a thousand of those would take all of a processor): told that the
 * server goes away it stays until it is its turn, and then comes back with its ticket and its position.
 */
export class ReturningClient {
  readonly positions = new Positions();
  /** Times that it has joined. */
  joins = 0;
  isJoined = false;
  readonly #url: string;
  /** Between two tries, as the SDK does it. */
  readonly #backoff: Backoff;
  #client: RawClient | undefined = undefined;
  #ticket: string | undefined = undefined;
  /** When it is its turn, by `performance.now()`. */
  #comeBackAt: number | undefined = undefined;
  /** Connections after the first that were refused or broke before it had joined. */
  retries = 0;
  #stopped = false;

  constructor(url: string) {
    this.#url = url;
    this.#backoff = completeOptions({ url, auth: { guest: 'client' } }).backoff;
  }

  /** Resolves when it is in the room; from then on it stays there by itself. */
  async enter(): Promise<void> {
    await this.#connect();
    void this.#stay();
  }

  stop(): void {
    this.#stopped = true;
    this.#client?.end();
  }

  async #stay(): Promise<void> {
    for (;;) {
      await this.#gone();
      if (this.#stopped) return;
      this.isJoined = false;
      const isTold = this.#comeBackAt !== undefined;
      let tries = isTold ? 0 : 1;
      await delay(
        isTold ? Math.max(0, this.#comeBackAt! - performance.now()) : backoffMs(this.#backoff, 0, Math.random()),
      );
      this.#comeBackAt = undefined;
      while (!(await this.#isBack())) await delay(backoffMs(this.#backoff, tries++, Math.random()));
    }
  }

  async #isBack(): Promise<boolean> {
    try {
      await this.#connect();
      return true;
    } catch {
      this.retries += 1;
      this.#client?.end();
      return false;
    }
  }

  #gone(): Promise<void> {
    const gone = Promise.withResolvers<void>();
    const client = this.#client!;
    if (client.closed) gone.resolve();
    else client.onClosed = () => gone.resolve();
    return gone.promise;
  }

  async #connect(): Promise<void> {
    const client = await RawClient.open(this.#url);
    this.#client = client;
    const joined = Promise.withResolvers<void>();
    client.onClosed = () => joined.reject(new Error('the connection has ended'));
    client.onText = (payload) => this.#take(JSON.parse(String(payload)), joined.resolve);
    client.send(
      this.#ticket === undefined ? { type: 'auth', guest: 'client' } : { type: 'auth', ticket: this.#ticket },
    );
    client.send({ type: 'join', room, after: this.positions.after });
    await joined.promise;
    this.isJoined = true;
  }

  #take(pushed: Pushed, joined: () => void): void {
    if (pushed.ticket !== undefined) this.#ticket = pushed.ticket;
    switch (pushed.type) {
      case 'joined':
        this.positions.joined(pushed.epoch!, pushed.head!, pushed.recovered!);
        this.joins += 1;
        joined();
        return;
      case 'message':
        this.positions.message(pushed.seq!);
        return;
      case 'gap':
      case 'reset':
        this.positions.lost();
        return;
      case 'drain':
        this.#stayUntilItsTurn(this.#client!, pushed.reconnectAfterMs!);
    }
  }

  #stayUntilItsTurn(client: RawClient, ms: number): void {
    this.#comeBackAt = performance.now() + ms;
    setTimeout(() => client.leave(), ms);
  }
}
