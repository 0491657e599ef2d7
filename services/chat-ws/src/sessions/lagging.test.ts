import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Room } from '../rooms/room.ts';
import { laggingSubscribers } from './lagging.ts';
import { type Seat, Session } from './session.ts';

const head = 1_000;

const peer = {
  outlet: undefined,
  send() {},
  done() {},
  withoutMe: () => {
    throw new Error('not asked for');
  },
  end() {},
  pause() {},
  resume() {},
  taken: () => undefined,
};

/** A session in one room, which has been given all but the last `lag` entries. */
function sessionWith(number: number, lag: number, name = 'lobby'): Session {
  const session = new Session({ number, peer, address: '192.0.2.1', authBy: 0 });
  const seat = session.sit({ name, feed: { head } } as unknown as Room, undefined);
  seat.subscriber = { next: head + 1 - lag, state: lag > 0 ? 'behind' : 'live' } as unknown as Seat['subscriber'];
  return session;
}

const query = { page: 1, per_page: 10, minLag: 0 };

test('of many thousands, exactly those with the longest lags are shown, page by page', async () => {
  const lags = Array.from({ length: 40_000 }, (_, n) => (n * 7_919) % 900);
  const sessions = lags.map((lag, n) => sessionWith(n, lag));
  const sorted = sessions.toSorted((a, b) => lags[b.number]! - lags[a.number]! || a.number - b.number);
  let turns = 0;
  const pages = Promise.all([1, 2, 60].map((page) => laggingSubscribers(sessions, 'node', { ...query, page })));
  let isDone = false;
  void pages.then(() => {
    isDone = true;
  });
  for (; !isDone; turns++) await nextTurn();
  for (const [index, page] of [1, 2, 60].entries()) {
    const { items, total } = (await pages)[index]!;
    expect(total).toBe(40_000);
    const wanted = sorted.slice((page - 1) * 10, page * 10);
    expect(items.map(({ session }) => session)).toEqual(wanted.map(({ number }) => `node.${number}`));
  }
  expect(turns).toBeGreaterThan(5);
});

test('a page beyond the end is empty; room and least lag choose', async () => {
  const sessions = [sessionWith(1, 0), sessionWith(2, 5), sessionWith(3, 50, 'other')];
  const show = async (more: object) => {
    const { items, total } = await laggingSubscribers(sessions, 'node', { ...query, ...more });
    return [total, ...items.map(({ session, state, lag }) => `${session} ${state} ${lag}`)];
  };
  expect(await show({})).toEqual([3, 'node.3 behind 50', 'node.2 behind 5', 'node.1 live 0']);
  expect(await show({ minLag: 5 })).toEqual([2, 'node.3 behind 50', 'node.2 behind 5']);
  expect(await show({ room: 'lobby' })).toEqual([2, 'node.2 behind 5', 'node.1 live 0']);
  expect(await show({ page: 2 })).toEqual([3]);
  expect(await show({ page: 2, per_page: 2 })).toEqual([3, 'node.1 live 0']);
});
