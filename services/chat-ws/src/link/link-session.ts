import type { MessageId } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Outlet } from '@parley/common/fanout/outlet';
import { encodeLink } from '../encode.ts';
import type { LinkView, Peer } from '../sessions/peer.ts';

/** What a link does for one of its sessions. */
export interface LinkOutput extends Outlet, LinkView {
  out(s: number, m: ServerMessage): void;
  done(s: number, re: MessageId): void;
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

  get link(): LinkView {
    return this.#link;
  }

  send(message: ServerMessage): void {
    this.#link.out(this.#s, message);
  }

  /** The gateway lets what follows wait for it. */
  done(re: MessageId | undefined): void {
    if (re !== undefined) this.#link.done(this.#s, re);
  }

  withoutMe(room: string, m: ServerMessage): { outlet: Outlet; instead: Buffer } {
    return { outlet: this.#link, instead: encodeLink({ t: 'push', room, m, except: this.#s }) };
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
