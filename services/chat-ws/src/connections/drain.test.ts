import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type Drainable, drain } from './drain.ts';

/** Connections that go when they are told so or, if they are `stubborn`, only when they are cut off. */
function setUp() {
  const connections = new Set<Drainable>();
  const told: number[] = [];
  const ends: string[] = [];
  const add = (sessions: number, { stubborn = false, isLink = false } = {}) => {
    const connection: Drainable = {
      sessions,
      isLink,
      drain: (when) => void told.push(when),
      stopReading() {},
      close(code) {
        ends.push(`closed ${code}`);
        if (!stubborn) connections.delete(connection);
      },
      terminate() {
        ends.push('cut off');
        connections.delete(connection);
      },
    };
    connections.add(connection);
  };
  const options = {
    settings: { drainPerSecond: 500, drainGraceMs: 0 },
    commits: { drain: async () => void ends.push('committed'), giveUp: () => void ends.push('given up') },
    hasOthers: false,
    withinMs: 1_500,
  };
  return { connections, told, ends, add, options };
}

test('10,000 clients come back spread over 20 s, and the loop goes on while they are told', async () => {
  const { connections, told, add, options } = setUp();
  for (let n = 0; n < 10_000; n++) add(1);
  const draining = drain(connections, options);
  let mostInOneTurn = 0;
  for (let before = 0; told.length < 10_000; before = told.length) {
    await nextTurn();
    mostInOneTurn = Math.max(mostInOneTurn, told.length - before);
  }
  expect(mostInOneTurn).toBeLessThanOrEqual(400);
  for (const [index, afterMs] of told.entries()) expect(afterMs).toBe(index * 2);
  await draining;
  expect(connections.size).toBe(0);
});

test('the clients behind links count like others, and all together are no more in a second than allowed', async () => {
  const { connections, told, add, options } = setUp();
  add(1);
  for (const sessions of [5_000, 0, 1, 2_500]) add(sessions, { isLink: true });
  add(1);
  add(1);
  await drain(connections, options);
  // 331 + 1 + 166 of the 500 are the links'; 2 are the clients'.
  expect(told).toEqual([0, 331, 1, 1, 166, 500, 1_000]);
});

test('clients are served until their time has come only where another node takes them in', async () => {
  const drained = async (hasOthers: boolean) => {
    const { connections, add, options } = setUp();
    for (let n = 0; n < 100; n++) add(1);
    const begun = performance.now();
    const settings = { drainPerSecond: 100, drainGraceMs: 0 };
    await drain(connections, { ...options, settings, hasOthers, withinMs: 20_000 });
    return performance.now() - begun;
  };
  expect(await drained(true)).toBeGreaterThanOrEqual(1_000);
  expect(await drained(false)).toBeLessThan(1_000);
});

test('what the database does not take in time is given up while there is time to say so', async () => {
  const { connections, ends, add, options } = setUp();
  add(1);
  const stuck = new Promise<void>(() => {});
  const begun = performance.now();
  await drain(connections, { ...options, withinMs: 2_000, commits: { ...options.commits, drain: () => stuck } });
  expect(ends).toEqual(['given up', 'closed 1012']);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test('what was accepted is committed before anybody is closed; who does not go is cut off', async () => {
  const { connections, ends, add, options } = setUp();
  add(1);
  add(1, { stubborn: true });
  await drain(connections, options);
  expect(ends).toEqual(['committed', 'given up', 'closed 1012', 'closed 1012', 'cut off']);
});
