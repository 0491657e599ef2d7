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
  /** ms of a clock that only goes forward. */
  now(): number;
  later(ms: number, work: () => void): void;
};

/** How much of the past a pace makes up for. */
const catchUpMs = 50;

/** So many more sessions are attached no faster than this; `nextAt`: when the next one may be. */
type Pace = { perSecond: number; left: number; nextAt: number };

/** Sessions that wait for a link, first come first served. Each is waiting, under way, or not here. */
export class AttachQueue<Link> {
  readonly #options: AttachQueueOptions<Link>;
  readonly #waiting = new Set<Attaching<Link>>();
  readonly #underWay = new Set<Attaching<Link>>();
  #isServing = false;
  #pace: Pace | undefined;
  #isTimed = false;

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

  /** The next so many sessions come calmly; what was asked for before still counts. */
  slowDown({ perSecond, sessions }: { perSecond: number; sessions: number }): void {
    if (sessions === 0) return;
    const { perSecond: before, left, nextAt } = this.#pace ?? { perSecond: 0, left: 0, nextAt: this.#options.now() };
    this.#pace = { perSecond: before + perSecond, left: left + sessions, nextAt };
  }

  /** To be called when there is a new link to take. */
  serve(): void {
    // A session may be done while it is being attached: the loop that is running goes on then.
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const session of this.#waiting) {
        const link = this.#underWay.size < this.#options.atOnce ? this.#options.pick() : undefined;
        if (link === undefined || !this.#isTime()) break;
        this.#waiting.delete(session);
        this.#underWay.add(session);
        session.attach(link);
      }
    } finally {
      this.#isServing = false;
    }
  }

  /** Whether one more may be attached now, which is counted; else the queue is served again when it may. */
  #isTime(): boolean {
    if (this.#pace === undefined) return true;
    const { now, later } = this.#options;
    const waitMs = this.#pace.nextAt - now();
    if (waitMs > 0) {
      if (!this.#isTimed) {
        this.#isTimed = true;
        later(waitMs, () => {
          this.#isTimed = false;
          this.serve();
        });
      }
      return false;
    }
    this.#pace.left -= 1;
    // A timer that is late must not make the whole queue late, but what was missed in a long time is not made up for at once.
    this.#pace.nextAt = Math.max(this.#pace.nextAt, now() - catchUpMs) + 1000 / this.#pace.perSecond;
    if (this.#pace.left <= 0) this.#pace = undefined;
    return true;
  }
}
