/** Who wants a link. */
export interface Attaching<Link> {
  /** Goes over to this link; tells when that is done, at once or later. */
  attach(link: Link): void;
}

export type AttachQueueOptions<Link> = {
  /** How many may be under way at once: after a restart of chat-ws everybody comes back in the same moment. */
  atOnce: number;
  /** The link to take now, if there is one. */
  pick(): Link | undefined;
};

/** Sessions that wait for a link, first come first served. Each is waiting, under way, or not here. */
export class AttachQueue<Link> {
  readonly #options: AttachQueueOptions<Link>;
  readonly #waiting = new Set<Attaching<Link>>();
  readonly #underWay = new Set<Attaching<Link>>();
  #isServing = false;

  constructor(options: AttachQueueOptions<Link>) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Puts a session at the end; one that was under way has lost its link, and waits again. */
  add(session: Attaching<Link>): void {
    this.#underWay.delete(session);
    this.#waiting.add(session);
    this.serve();
  }

  /** The session has what it wanted, or is gone. */
  done(session: Attaching<Link>): void {
    this.#waiting.delete(session);
    if (this.#underWay.delete(session)) this.serve();
  }

  /** To be called when there is a new link to take. */
  serve(): void {
    // A session may be done while it is being attached: the loop that is running goes on then.
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const session of this.#waiting) {
        const link = this.#underWay.size < this.#options.atOnce ? this.#options.pick() : undefined;
        if (link === undefined) break;
        this.#waiting.delete(session);
        this.#underWay.add(session);
        session.attach(link);
      }
    } finally {
      this.#isServing = false;
    }
  }
}
