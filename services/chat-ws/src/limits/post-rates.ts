import type { SlidingWindow } from '../sessions/sliding-window.ts';
import { RatePool } from './rate-pool.ts';

export type PostRateLimits = { posts: number; postsPerUser?: number; postsPerAddress?: number; postsWindowMs: number };

/** Which limit was met, and how long to wait. */
export type Refusal = { limit: 'posts_connection' | 'posts_user' | 'posts_address'; waitMs: number };

/** Users, and addresses, whose posts are counted at once: more than can post in one window; 200 bytes each, and their posts. */
const maxNames = 50_000;

/** Unless they are set: as much as so many connections that post all they may. */
const connectionsOfUser = 3;
const connectionsOfAddress = 25;

/** How often users and addresses post, by whichever way: WebSocket, a gateway's link, REST. */
export class PostRates {
  readonly #users: RatePool;
  readonly #addresses: RatePool;

  constructor({ posts, postsPerUser, postsPerAddress, postsWindowMs: windowMs }: PostRateLimits) {
    this.#users = new RatePool({ limit: postsPerUser ?? connectionsOfUser * posts, windowMs, maxNames });
    this.#addresses = new RatePool({ limit: postsPerAddress ?? connectionsOfAddress * posts, windowMs, maxNames });
  }

  /** Counts a post, unless one of the limits refuses it: then it counts for none. `network`: of the client's address (`networkOf`). */
  take(by: { user: string; network: string; connection?: SlidingWindow }, now: number): Refusal | undefined {
    const { user, network, connection } = by;
    const ofConnection = connection?.wait(now) ?? 0;
    const ofUser = this.#users.wait(user, now);
    const ofAddress = this.#addresses.wait(network, now);
    const waitMs = Math.max(ofConnection, ofUser, ofAddress);
    if (waitMs > 0) {
      const limit = waitMs === ofConnection ? 'posts_connection' : waitMs === ofUser ? 'posts_user' : 'posts_address';
      return { limit, waitMs };
    }
    connection?.add(now);
    this.#users.add(user, now);
    this.#addresses.add(network, now);
    return undefined;
  }
}
