import { refreshInMs } from './token-expiry.ts';

export type TokenRefreshOptions = {
  getToken(): string | Promise<string>;
  /** Shows the new token to the server. */
  show(token: string): void;
  onError(thrown: unknown): void;
};

/** Before `getToken` is asked once more after it failed. */
const againMs = 5_000;

/** Gets the next access token in time, so that the connection outlives the last one. */
export class TokenRefresh {
  readonly #options: TokenRefreshOptions;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
  }

  /** `token`: the one that is in force. */
  start(token: string): void {
    this.stop();
    const ms = refreshInMs(token, Date.now());
    if (ms !== undefined) this.#in(ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** The server could not take it for the moment. */
  again(): void {
    this.stop();
    this.#in(againMs);
  }

  #in(ms: number): void {
    const timer = setTimeout(() => void this.#refresh(timer), ms);
    this.#timer = timer;
  }

  async #refresh(timer: ReturnType<typeof setTimeout>): Promise<void> {
    try {
      const token = await this.#options.getToken();
      if (this.#timer === timer) this.#options.show(token);
    } catch (thrown) {
      if (this.#timer !== timer) return;
      this.#options.onError(thrown);
      this.#in(againMs);
    }
  }
}
