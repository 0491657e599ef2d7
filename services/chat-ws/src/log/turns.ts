/**
 * Runs one task at a time, in the order of the calls, and at once when it is the only one; a failed task does not keep the next from
 * running. A task fails by its promise.
 */
export type Turns = { run<T>(task: () => Promise<T>): Promise<T> };

export function createTurns(): Turns {
  /** The end of the last task, unless that has come. */
  let last: Promise<void> | undefined;
  return {
    run(task) {
      const result = last === undefined ? task() : last.then(task);
      const ended = () => {
        if (last === turn) last = undefined;
      };
      const turn = result.then(ended, ended);
      last = turn;
      return result;
    },
  };
}
