import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Peer } from '../sessions/peer.ts';

/** What a link does for one of its sessions. */
export interface LinkOutput {
  out(s: number, m: ServerMessage): void;
  closed(s: number, code: number, reason: string): void;
  /** As a Peer's, for all of its sessions. */
  taken(): Promise<void> | undefined;
}

/** A client behind a gateway. Rooms' messages reach it through the gateway's own fan-out, so it has no outlet here. */
export class LinkSession implements Peer {
  readonly outlet = undefined;
  readonly #link: LinkOutput;
  /** The gateway's number for it. */
  readonly #s: number;

  constructor(link: LinkOutput, s: number) {
    this.#link = link;
    this.#s = s;
  }

  send(message: ServerMessage): void {
    this.#link.out(this.#s, message);
  }

  end(code: number, reason: string): void {
    this.#link.closed(this.#s, code, reason);
  }

  /** A link carries others too: it is never held up for one session. */
  pause(): void {}

  resume(): void {}

  taken(): Promise<void> | undefined {
    return this.#link.taken();
  }
}
