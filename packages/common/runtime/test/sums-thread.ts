import { serveCalls } from '../sqlite-call.ts';

/** A thread for tests of the calls into it: gives the sum until now, refuses a number below 0, ends at 0, and does not survive closing at 666. */
serveCalls((from: number) => {
  let sum = from;
  return {
    answer(number: number): number {
      if (number < 0) throw Object.assign(new Error('below 0'), { errcode: 19 });
      if (number === 0) process.exit(1);
      sum += number;
      return sum;
    },
    close() {
      if (sum === 666) throw new Error('does not close');
    },
  };
});
