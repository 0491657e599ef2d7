import { ParleyError } from '@parley/common/runtime/errors';

export type WorkGate = {
  /** Runs the work when one of the places is free. @throws ParleyError UNAVAILABLE when too many wait already */
  run<T>(work: () => Promise<T>): Promise<T>;
  readonly waiting: number;
};

export type WorkGateOptions = { places: number; maxWaiting: number; onRefused?: () => void };

/** Lets so many pieces of work run at once, in the order they came, and so many wait; more are refused at once. */
export function createWorkGate({ places, maxWaiting, onRefused }: WorkGateOptions): WorkGate {
  const queue: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < places) {
      running += 1;
      return;
    }
    if (queue.length >= maxWaiting) {
      onRefused?.();
      throw new ParleyError('UNAVAILABLE', 'Too many people sign in at the moment; try again soon.', {
        retryAfterMs: 2_000,
      });
    }
    await new Promise<void>((resolve) => queue.push(resolve));
  }

  /** The place goes to who waits longest, without becoming free in between. */
  function leave(): void {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }

  return {
    async run(work) {
      await enter();
      try {
        return await work();
      } finally {
        leave();
      }
    },
    get waiting() {
      return queue.length;
    },
  };
}
