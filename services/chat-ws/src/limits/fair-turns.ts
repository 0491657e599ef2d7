import { ParleyError } from '@parley/common/runtime/errors';
import { CountBy } from '../sessions/count-by.ts';

export type FairTurnsLimits = {
  /** Tasks under way at once, and of them for one name. */
  atOnce: number;
  atOncePerName: number;
  /** Tasks of one name that may wait. */
  waitingPerName: number;
  /** Is told of each task that was one too many. */
  onRefused?: () => void;
};

/** After what time who was refused may find place. */
const refusedMs = 1_000;

type Waiting = () => void;

/**
 * Runs tasks for names (users, addresses) so that none of them waits for what another one asks for in plenty: those that have to wait get
 * their turns name after name, whoever has how many waiting. A session waits for one task at a time, but who asks by REST for as many as it
 * likes: beyond so many of a name that wait, one more is refused.
 */
export class FairTurns {
  readonly #limits: FairTurnsLimits;
  /** Names with tasks that wait, in the order of their turns. */
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #underWay = new CountBy();
  #running = 0;

  constructor(limits: FairTurnsLimits) {
    this.#limits = limits;
  }

  /** Tasks that wait. */
  get waiting(): number {
    let waiting = 0;
    for (const tasks of this.#waiting.values()) waiting += tasks.length;
    return waiting;
  }

  /** Runs the task when its turn has come, and gives what it gives. @throws ParleyError RATE_LIMITED */
  async run<T>(name: string, task: () => Promise<T>): Promise<T> {
    if (!this.#mayRun(name)) await new Promise<void>((resolve) => this.#wait(name, resolve));
    else this.#start(name);
    try {
      return await task();
    } finally {
      this.#running -= 1;
      this.#underWay.remove(name);
      this.#next();
    }
  }

  #mayRun(name: string): boolean {
    return this.#running < this.#limits.atOnce && this.#underWay.of(name) < this.#limits.atOncePerName;
  }

  #start(name: string): void {
    this.#running += 1;
    this.#underWay.add(name);
  }

  #wait(name: string, go: Waiting): void {
    const tasks = this.#waiting.get(name);
    if (tasks === undefined) this.#waiting.set(name, [go]);
    else if (tasks.length < this.#limits.waitingPerName) tasks.push(go);
    else {
      this.#limits.onRefused?.();
      throw new ParleyError('RATE_LIMITED', 'Too many of your reads wait already.', { retryAfterMs: refusedMs });
    }
  }

  /** Starts one task of the first name that may; that name's next turn is after those of all others. */
  #next(): void {
    for (const [name, tasks] of this.#waiting) {
      if (!this.#mayRun(name)) continue;
      const go = tasks.shift();
      this.#waiting.delete(name);
      if (tasks.length > 0) this.#waiting.set(name, tasks);
      this.#start(name);
      go?.();
      return;
    }
  }
}
