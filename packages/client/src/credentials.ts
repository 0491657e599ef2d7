import type { Auth } from '@parley/common/contracts/chat/auth';

/**
 * Who the program is. `getToken` is asked for an access token whenever one is needed, also for a newer one before the last
 * one ends. A `ticket` (of `client.ticket`, kept from before) is tried first and alone gives no way back once it is refused.
 */
export type ChatAuth =
  | { token: string; ticket?: string }
  | { getToken: () => string | Promise<string>; ticket?: string }
  | { guest: string; ticket?: string }
  | { ticket: string };

type Shown = Pick<Auth, 'token' | 'guest' | 'ticket'>;

/** A connection that lasted for so long shows that its credentials were good. */
const provenMs = 10_000;

/** What to show to the server next, and whether there is anything else to show when it was refused. */
export class Credentials {
  readonly #auth: ChatAuth;
  /** The newest one; it is preferred, as it ends the older session and lets a guest stay who they are. */
  ticket: string | undefined;
  /** The newest one of `getToken`. */
  token: string | undefined = undefined;
  #shown: keyof Shown | undefined = undefined;
  #triedAgain = false;

  constructor(auth: ChatAuth) {
    this.#auth = auth;
    this.ticket = auth.ticket;
  }

  get getToken(): (() => string | Promise<string>) | undefined {
    return 'getToken' in this.#auth ? this.#auth.getToken : undefined;
  }

  /** @throws what `getToken` throws */
  async next(): Promise<Shown> {
    const shown = await this.#next();
    [this.#shown] = Object.keys(shown) as (keyof Shown)[];
    return shown;
  }

  /** The connection was let in and lasted for `ms`. */
  lasted(ms: number): void {
    if (ms >= provenMs) this.#triedAgain = false;
  }

  /** What was shown is good no more. True when there is something else to show. */
  refused(): boolean {
    if (this.#shown === 'ticket') {
      this.ticket = undefined;
      // What is shown next is fresh.
      this.#triedAgain = true;
      return 'guest' in this.#auth || 'token' in this.#auth || 'getToken' in this.#auth;
    }
    // A static token stays as bad as it is; a guest's time may be over, and they may come again.
    if ('token' in this.#auth || this.#triedAgain) return false;
    this.#triedAgain = true;
    // It came with what has just been refused.
    this.ticket = undefined;
    return true;
  }

  async #next(): Promise<Shown> {
    if (this.ticket !== undefined) return { ticket: this.ticket };
    if ('guest' in this.#auth) return { guest: this.#auth.guest };
    if ('token' in this.#auth) return { token: this.#auth.token };
    this.token = await this.getToken?.();
    return { token: this.token ?? '' };
  }
}
