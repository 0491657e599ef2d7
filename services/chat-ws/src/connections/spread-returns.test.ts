import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spreadReturns } from './spread-returns.ts';

/** When everybody comes back in ms, of links as a gateway attaches their sessions again: each at its own pace. */
function timesOf(clients: number, links: number[], perSecond: number): { times: number[]; spreadMs: number } {
  const returns = spreadReturns(clients, links, perSecond);
  const times = Array.from({ length: clients }, () => returns.nextMs());
  for (const sessions of links) {
    const share = returns.shareOf(sessions);
    for (let n = 0; n < sessions; n++) times.push(Math.floor((n * 1_000) / share));
  }
  return { times: times.sort((a, b) => a - b), spreadMs: returns.spreadMs };
}

/** How many there are at most in a second, wherever that begins. */
function mostInASecond(times: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [index, time] of times.entries()) {
    while (times[first]! <= time - 1_000) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

test('10,000 clients at 500 a second: 500 in every second of 20', () => {
  const { times, spreadMs } = timesOf(10_000, [], 500);
  expect(spreadMs).toBe(20_000);
  const seconds = Array.from({ length: 20 }, (_, second) => times.filter((ms) => Math.floor(ms / 1_000) === second));
  expect(seconds.map(({ length }) => length)).toEqual(Array.from({ length: 20 }, () => 500));
});

test('whoever there is, and behind whichever links, no second has more than it may, and all come in time', () => {
  const sizes = fc.record({
    clients: fc.nat(3_000),
    links: fc.array(fc.nat(2_000), { maxLength: 6 }),
    perSecond: fc.integer({ min: 7, max: 5_000 }),
  });
  fc.assert(
    fc.property(sizes, ({ clients, links, perSecond }) => {
      const { times, spreadMs } = timesOf(clients, links, perSecond);
      expect(times).toHaveLength(links.reduce((sum, sessions) => sum + sessions, clients));
      expect(mostInASecond(times)).toBeLessThanOrEqual(perSecond);
      if (times.length > 0) expect(times.at(-1)).toBeLessThanOrEqual(spreadMs);
    }),
  );
});

test('who is told late does not meet who was told later', () => {
  const times = fc.array(fc.nat(20), { maxLength: 2_000 });
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 1_000 }), (pauses, perSecond) => {
      const { nextMs } = spreadReturns(pauses.length, [], perSecond);
      let now = 0;
      const comeBack = pauses.map((pause) => {
        now += pause;
        return now + nextMs();
      });
      expect(mostInASecond(comeBack)).toBeLessThanOrEqual(perSecond);
    }),
  );
});
