import type { IncomingMessage } from 'node:http';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Sessions } from '../sessions/sessions.ts';
import type { ClientAddress } from './client-address.ts';
import type { OriginCheck } from './origins.ts';
import type { TlsCheck } from './plain-http.ts';

export type AdmissionOptions = {
  sessions: Sessions;
  /** Connections in all. */
  limit: number;
  addressOf: ClientAddress;
  isAllowedOrigin: OriginCheck;
  /** Undefined: there is no certificate. */
  checkTls: TlsCheck | undefined;
  closing: AbortSignal;
  /** Whether there is more to do than can be done. */
  isOverloaded(): boolean;
  /** Counts that a limit was met. */
  onLimit(limit: string): void;
};

/** What is asked before a handshake costs anything. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws ParleyError FORBIDDEN when the request has to come over TLS */
  checkTls(req: IncomingMessage): void {
    this.#options.checkTls?.(req);
  }

  /** @throws ParleyError FORBIDDEN when a page of another origin wants to connect */
  async checkOrigin({ headers }: IncomingMessage): Promise<void> {
    if (await this.#options.isAllowedOrigin(headers.origin)) return;
    this.#options.onLimit('origin');
    throw new ParleyError('FORBIDDEN', 'Pages of this origin may not connect.');
  }

  /**
   * The address of a client that may connect, if it is counted in this very turn: what takes time has to be asked before.
   * @throws ParleyError RATE_LIMITED, UNAVAILABLE
   */
  admit(req: IncomingMessage, connections: number): string {
    const { sessions, limit, addressOf, isOverloaded, onLimit } = this.#options;
    this.checkOpen();
    if (isOverloaded()) {
      onLimit('load');
      throw new ParleyError('UNAVAILABLE', 'There is too much to do at the moment.', { retryAfterMs: 5_000 });
    }
    if (connections >= limit) {
      onLimit('connections');
      throw new ParleyError('UNAVAILABLE', 'There are as many connections as there may be.', { retryAfterMs: 5_000 });
    }
    const address = addressOf(req);
    if (sessions.isFull(address)) {
      onLimit('connections_address');
      throw new ParleyError('RATE_LIMITED', 'There are too many connections from this address.', {
        retryAfterMs: 5_000,
      });
    }
    return address;
  }

  /** @throws ParleyError UNAVAILABLE once the service is shutting down */
  checkOpen(): void {
    if (this.#options.closing.aborted)
      throw new ParleyError('UNAVAILABLE', 'The service is shutting down.', { retryAfterMs: 1_000 });
  }
}
