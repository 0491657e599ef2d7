/** When the engine's work is done: on the event loop, or, in tests, by hand. */
export interface Scheduler {
  /** Runs `work` in the next turn of the event loop. */
  turn(work: () => void): void;
  /** Runs `work` after `ms`; the function returned calls it off. */
  later(ms: number, work: () => void): () => void;
}

export const loopScheduler: Scheduler = {
  turn(work) {
    setImmediate(work);
  },
  later(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};
