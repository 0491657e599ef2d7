import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { SlidingWindow } from '../sessions/sliding-window.ts';
import type { RawConnection, RawPath } from './raw-connection.ts';

export const broadcastPath = '/broadcast';

export type BroadcastLimits = {
  /** Messages of one connection in any window of so many ms. */
  posts: number;
  postsWindowMs: number;
  /** Bytes unsent to a client above which it is closed: here there is no log that it could be caught up from. */
  behindBytes: number;
};

/** Everybody who is connected gets what one of them sends, the sender too, encoded once. Nothing is kept. */
export class Broadcast implements RawPath {
  /** With what each has sent of late. */
  readonly #members = new Map<RawConnection, SlidingWindow>();
  readonly #limits: BroadcastLimits;

  constructor(limits: BroadcastLimits) {
    this.#limits = limits;
  }

  opened(connection: RawConnection): void {
    this.#members.set(connection, new SlidingWindow(this.#limits.posts, this.#limits.postsWindowMs));
  }

  received(sender: RawConnection, frame: Buffer): void {
    const { posts, postsWindowMs, behindBytes } = this.#limits;
    if ((this.#members.get(sender)?.take(performance.now()) ?? 0) > 0) {
      sender.close(closeCodes.rateLimitIgnored, `more than ${posts} messages in ${postsWindowMs} ms`);
      return;
    }
    for (const member of this.#members.keys()) {
      if (member.pendingBytes() <= behindBytes) member.send(frame);
      else member.close(closeCodes.policy, 'does not read what is sent to it');
    }
  }

  closed(connection: RawConnection): void {
    this.#members.delete(connection);
  }
}
