import type { IncomingMessage } from 'node:http';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Sessions } from '../sessions/sessions.ts';
import type { ClientAddress } from './client-address.ts';
import type { OriginCheck } from './origins.ts';

export type AdmissionOptions = {
  sessions: Sessions;
  /** Connections in all. */
  limit: number;
  addressOf: ClientAddress;
  isAllowedOrigin: OriginCheck;
  closing: AbortSignal;
};

/** What is asked before a handshake costs anything. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws ParleyError FORBIDDEN when a page of another origin wants to connect */
  async checkOrigin({ headers }: IncomingMessage): Promise<void> {
    if (await this.#options.isAllowedOrigin(headers.origin)) return;
    throw new ParleyError('FORBIDDEN', 'Pages of this origin may not connect.');
  }

  /**
   * The address of a client that may connect, if it is counted in this very turn: what takes time has to be asked before.
   * @throws ParleyError RATE_LIMITED, UNAVAILABLE
   */
  admit(req: IncomingMessage, connections: number): string {
    const { sessions, limit, addressOf } = this.#options;
    this.checkOpen();
    if (connections >= limit) {
      throw new ParleyError('UNAVAILABLE', 'There are as many connections as there may be.', { retryAfterMs: 5_000 });
    }
    const address = addressOf(req);
    if (sessions.isFull(address)) {
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
