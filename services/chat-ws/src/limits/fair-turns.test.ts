import { expect, test } from 'vitest';
import { FairTurns, type FairTurnsLimits } from './fair-turns.ts';

/** Tasks that end when the test says so, in the order in which they were begun. */
function setUp(limits: FairTurnsLimits) {
  const turns = new FairTurns(limits);
  const begun: { name: string; end: () => void }[] = [];
  const order: string[] = [];
  const ask = (name: string) =>
    turns.run(name, () => {
      order.push(name);
      return new Promise<string>((resolve) => begun.push({ name, end: () => resolve(name) }));
    });
  const endFirst = async () => {
    begun.shift()?.end();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { turns, order, begun, ask, endFirst };
}

test('who asks for much waits for its own turns; who asks for little goes first', async () => {
  const { turns, order, ask, endFirst } = setUp({ atOnce: 3, atOncePerName: 2, waitingPerName: 10 });
  const asked = [...Array(10).fill('flood'), 'ada', 'ben', 'eve'].map((name: string) => ask(name));
  expect(order).toEqual(['flood', 'flood', 'ada']);
  expect(turns.waiting).toBe(10);
  for (let n = 0; n < 13; n++) await endFirst();
  expect(await Promise.all(asked)).toHaveLength(13);
  expect(order.slice(0, 7)).toEqual(['flood', 'flood', 'ada', 'flood', 'ben', 'eve', 'flood']);
  expect(turns.waiting).toBe(0);
});

test('a task that fails gives its place back', async () => {
  const turns = new FairTurns({ atOnce: 1, atOncePerName: 1, waitingPerName: 1 });
  const failing = turns.run('ada', () => Promise.reject(new Error('no disk')));
  const next = turns.run('ben', async () => 'done');
  await expect(failing).rejects.toThrow('no disk');
  expect(await next).toBe('done');
});

test('who has as many waiting as it may is refused one more, and nobody else is', async () => {
  let refused = 0;
  const { turns, order, ask, endFirst } = setUp({
    atOnce: 1,
    atOncePerName: 1,
    waitingPerName: 2,
    onRefused: () => refused++,
  });
  const asked = ['flood', 'flood', 'flood', 'ada'].map((name) => ask(name));
  await expect(ask('flood')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 1_000 });
  expect([turns.waiting, refused]).toEqual([3, 1]);
  await endFirst();
  asked.push(ask('flood'));
  for (let n = 0; n < 4; n++) await endFirst();
  expect(await Promise.all(asked)).toHaveLength(5);
  expect(order).toEqual(['flood', 'flood', 'ada', 'flood', 'flood']);
});
