import type { IncomingMessage } from 'node:http';
import { ParleyError } from '@parley/common/runtime/errors';
import type { ClientAddress } from './client-address.ts';
import type { OriginCheck } from './origins.ts';
import type { Sessions } from './sessions.ts';

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

  /** The address of a client that may connect. @throws ParleyError FORBIDDEN, LIMIT_REACHED, UNAVAILABLE */
  async admit(req: IncomingMessage, connections: number): Promise<string> {
    const { sessions, limit, addressOf, isAllowedOrigin } = this.#options;
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
    if (!(await isAllowedOrigin(req.headers.origin))) {
      throw new ParleyError('FORBIDDEN', 'Pages of this origin may not connect.');
    }
    return address;
  }

  /** @throws ParleyError UNAVAILABLE once the service is shutting down */
  checkOpen(): void {
    if (this.#options.closing.aborted)
      throw new ParleyError('UNAVAILABLE', 'The service is shutting down.', { retryAfterMs: 1_000 });
  }
}
