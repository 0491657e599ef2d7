import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@parley/common/runtime/logger';
import { type Backoff, backoffMs } from '@parley/net/backoff';
import { type Attaching, AttachQueue } from './attach-queue.ts';
import type { Link } from './link.ts';

export type LinkPoolOptions = {
  /** Links to keep open. */
  count: number;
  /** Opens one; gives up when the signal is aborted. */
  open(signal: AbortSignal): Promise<Link>;
  retry: Backoff;
  /** Clients that may be under way to a link at once. */
  attachAtOnce: number;
  log: Logger;
};

/** A link that lived for so long was a good one: when it breaks, trying again begins with the shortest pause. */
const goodLinkMs = 5000;

/**
 * The gateway's links. Each of their places is filled again by itself, for as long as that takes; clients are spread
 * over the links that are up.
 */
export class LinkPool {
  readonly #options: LinkPoolOptions;
  readonly #links = new Set<Link>();
  readonly #queue: AttachQueue<Link>;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: LinkPoolOptions) {
    this.#options = options;
    this.#queue = new AttachQueue({
      atOnce: options.attachAtOnce,
      pick: () => this.#leastUsed(),
      now: () => performance.now(),
      later: (ms, work) => void setTimeout(work, ms).unref(),
    });
  }

  start(): void {
    this.#running = Promise.all(Array.from({ length: this.#options.count }, () => this.#keep()));
  }

  /** Links that take clients. */
  get up(): number {
    let up = 0;
    for (const link of this.#links) if (link.isUp) up += 1;
    return up;
  }

  /** Gives the session to a link as soon as there is one. */
  want(session: Attaching<Link>): void {
    this.#queue.add(session);
  }

  /** The session is on its link, or needs none any more. */
  done(session: Attaching<Link>): void {
    this.#queue.done(session);
  }

  sweep(now: number): void {
    for (const link of this.#links) link.sweep(now);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    for (const link of this.#links) link.close();
    await this.#running;
  }

  #leastUsed(): Link | undefined {
    let best: Link | undefined;
    for (const link of this.#links) if (link.isUp && (!best || link.sessions < best.sessions)) best = link;
    return best;
  }

  /** Keeps one place filled. A link that is leaving serves on until the next one is there. */
  async #keep(): Promise<void> {
    const { signal } = this.#stop;
    let leaving: Link | undefined;
    let failures = 0;
    while (!signal.aborted) {
      const link = await this.#tryToOpen(failures);
      if (link === undefined) {
        failures += 1;
      } else {
        const openedAt = performance.now();
        leaving?.close();
        this.#queue.serve();
        await link.left;
        leaving = link;
        failures = performance.now() - openedAt >= goodLinkMs ? 0 : failures + 1;
      }
      await this.#pause(failures);
    }
  }

  async #tryToOpen(failures: number): Promise<Link | undefined> {
    const { signal } = this.#stop;
    try {
      const link = await this.#options.open(signal);
      this.#links.add(link);
      void link.gone.then(() => this.#links.delete(link));
      void link.drained.then((pace) => this.#queue.slowDown(pace));
      if (signal.aborted) link.close();
      return link;
    } catch (err) {
      // Told once, not with each of the attempts that follow.
      if (!signal.aborted)
        this.#options.log[failures === 0 ? 'warn' : 'debug']({ err, failures }, 'no link to chat-ws');
      return undefined;
    }
  }

  async #pause(failures: number): Promise<void> {
    const ms = backoffMs(this.#options.retry, failures, Math.random());
    // Rejects only when it is aborted, and then there is nothing to wait for.
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => {});
  }
}
