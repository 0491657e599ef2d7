import type { Scheduler } from './scheduler.ts';

/** A scheduler for tests: turns of the loop are taken, and time goes on, when the test says so. */
export class ManualScheduler implements Scheduler {
  #turn: (() => void)[] = [];
  #timers: { at: number; work: () => void }[] = [];
  #nowMs = 0;

  turn(work: () => void): void {
    this.#turn.push(work);
  }

  later(ms: number, work: () => void): () => void {
    const timer = { at: this.#nowMs + ms, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Takes one turn of the loop. */
  takeTurn(): void {
    const works = this.#turn;
    this.#turn = [];
    for (const work of works) work();
  }

  /** Lets `ms` pass. */
  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#nowMs);
    this.#timers = this.#timers.filter(({ at }) => at > this.#nowMs);
    for (const { work } of due) work();
  }

  /** Takes turns, lets time pass and promises settle until nothing is left to do. */
  async settle(): Promise<void> {
    // Two rounds of promises per step: a read, and what follows it.
    for (let idle = 0; idle < 3; ) {
      idle = this.#turn.length === 0 && this.#timers.length === 0 ? idle + 1 : 0;
      this.takeTurn();
      this.pass(10_000);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }
}
