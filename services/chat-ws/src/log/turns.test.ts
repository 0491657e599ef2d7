import { expect, test } from 'vitest';
import { createTurns } from './turns.ts';

test('a task that is alone begins at once; others take turns in the order of the calls, whatever became of those before', async () => {
  const turns = createTurns();
  const begun: string[] = [];
  const ends: PromiseWithResolvers<string>[] = [];
  const task = (name: string) =>
    turns.run(() => {
      begun.push(name);
      const end = Promise.withResolvers<string>();
      ends.push(end);
      return end.promise;
    });
  const first = task('first');
  expect(begun).toEqual(['first']);
  const second = task('second');
  const third = task('third');
  await Promise.resolve();
  expect(begun).toEqual(['first']);
  ends[0]!.reject(new Error('no disk'));
  await expect(first).rejects.toThrow('no disk');
  await expect.poll(() => begun).toEqual(['first', 'second']);
  ends[1]!.resolve('done');
  expect(await second).toBe('done');
  await expect.poll(() => begun).toEqual(['first', 'second', 'third']);
  ends[2]!.resolve('done');
  await third;
  void task('alone again');
  expect(begun.at(-1)).toBe('alone again');
});

test('who runs when the one before has just ended does not overtake those who wait', async () => {
  const turns = createTurns();
  const begun: string[] = [];
  let running = 0;
  const task = async (name: string) => {
    running += 1;
    expect(running).toBe(1);
    begun.push(name);
    await Promise.resolve();
    running -= 1;
  };
  const first = turns.run(() => task('first'));
  const second = turns.run(() => task('second'));
  const after = first.then(() => turns.run(() => task('third')));
  await Promise.all([second, after]);
  expect(begun).toEqual(['first', 'second', 'third']);
});
