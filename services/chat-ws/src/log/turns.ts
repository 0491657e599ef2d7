/** Runs one task at a time, in the order of the calls; a failed task does not keep the next from running. */
export type Turns = { run<T>(task: () => Promise<T>): Promise<T> };

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return {
    run(task) {
      const result = last.then(task);
      last = result.catch(() => {});
      return result;
    },
  };
}
