import { expect, test, vi } from 'vitest';
import { Doubts } from './doubts.ts';
import type { Room } from './room.ts';

const lobby = { name: 'lobby', isClosed: false } as Room;

/** `step` is asked before each step; what it throws, or false, is how that fails. */
function setUp(step: (what: string) => Promise<boolean>) {
  const steps: string[] = [];
  async function took(what: string): Promise<boolean> {
    steps.push(what);
    return step(what);
  }
  const doubts = new Doubts({
    rooms: {
      changedElsewhere(name) {
        steps.push('forget');
        return name === 'lobby' ? lobby : undefined;
      },
    },
    comparison: { run: (rooms) => took(`compare ${Array.from(rooms ?? [], ({ name }) => name)}`) },
    settled: async (name) => void (await took(`settle ${name}`)),
    retryDelayMs: () => 1,
  });
  const fail = (name: string) => doubts.outcome(name, Promise.reject(new Error('lost')));
  return { doubts, steps, fail };
}

test('a room is compared when what may have been committed is, and what was known has been forgotten again', async () => {
  const settled = Promise.withResolvers<boolean>();
  const { doubts, steps, fail } = setUp(async (what) => !what.startsWith('settle') || settled.promise);
  expect(await doubts.outcome('lobby', Promise.resolve(7))).toBe(7);
  expect(steps).toEqual([]);
  await expect(fail('lobby')).rejects.toThrow('lost');
  await expect(fail('not in use')).rejects.toThrow('lost');
  expect(steps).toEqual(['forget', 'settle lobby', 'forget']);
  settled.resolve(true);
  await vi.waitFor(() => expect(steps.slice(3)).toEqual(['forget', 'compare lobby']));
  await doubts.close();
});

test('it is tried until the database answers, and not after the end', async () => {
  const outcomes = [new Error('away'), true, false, true, true];
  const { doubts, steps, fail } = setUp(async () => {
    const outcome = outcomes.shift() ?? false;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
  await expect(fail('lobby')).rejects.toThrow('lost');
  await vi.waitFor(() => expect(outcomes).toEqual([]));
  const tries = ['settle lobby', 'settle lobby', 'forget', 'compare lobby', 'settle lobby', 'forget', 'compare lobby'];
  await vi.waitFor(() => expect(steps).toEqual(['forget', ...tries]));
  await expect(fail('lobby')).rejects.toThrow('lost');
  await doubts.close();
  const { length } = steps;
  await expect(fail('lobby')).rejects.toThrow('lost');
  expect(steps.slice(length)).toEqual(['forget']);
});
