import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { expect, test, vi } from 'vitest';
import type { Chat } from '../chat.ts';
import { FairTurns } from '../limits/fair-turns.ts';
import type { LogPage } from '../log/room-log.ts';
import type { Peer } from '../sessions/peer.ts';
import { Session } from '../sessions/session.ts';
import { history } from './history.ts';

/** A log whose reads end when the test says so. */
function setUp() {
  const reads: { room: string; end: () => void }[] = [];
  const chat = {
    rooms: { facts: () => ({ visibility: 'public', epoch: 'e1' }) },
    reads: new FairTurns({ atOnce: 2, atOncePerName: 1, waitingPerName: 10 }),
    now: () => 0,
    log: {
      readBack: (room: string) =>
        new Promise<LogPage>((resolve) =>
          reads.push({ room, end: () => resolve({ entries: [], epoch: 'e1', head: 0, oldest: 1 }) }),
        ),
    },
  } as unknown as Chat;
  let numbers = 0;
  const ask = (user: { id: string; guest?: boolean }, address: string, room: string) => {
    numbers += 1;
    const sent: ServerMessage[] = [];
    const peer = {
      outlet: undefined,
      send: (message: ServerMessage) => void sent.push(message),
      end() {},
      pause() {},
      resume() {},
      taken: () => undefined,
    } as unknown as Peer;
    const session = new Session({ number: numbers, peer, address, authBy: 0 });
    session.identity = { user: { guest: false, name: user.id, ...user }, role: 'user', expiresAt: 1 };
    const answered = history(chat, session, { type: 'history', room }).then(() => sent);
    return { session, answered };
  };
  return { reads, ask };
}

test('a user who reads by many sessions holds up nobody, and neither do guests of one address', async () => {
  const { reads, ask } = setUp();
  const flood = { id: 'u_flood' };
  for (const n of [1, 2, 3, 4]) void ask(flood, `192.0.2.${n}`, `flood${n}`);
  for (const n of [1, 2, 3]) void ask({ id: `g_${n}`, guest: true }, '198.51.100.1', `guest${n}`);
  const ada = ask({ id: 'u_ada' }, '192.0.2.1', 'ada').answered;
  const order: string[] = [];
  for (let n = 0; n < 8; n++) {
    await vi.waitFor(() => expect(reads.length).toBeGreaterThan(0));
    const read = reads.shift();
    order.push(read?.room ?? '');
    read?.end();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await ada).toMatchObject([{ type: 'history', room: 'ada' }]);
  expect(order.indexOf('ada')).toBeLessThan(5);
  expect(order).toContain('flood4');
  expect(order).toContain('guest3');
});

test('who has gone before its turn costs no read', async () => {
  const { reads, ask } = setUp();
  const ada = { id: 'u_ada' };
  const first = ask(ada, '192.0.2.1', 'first');
  const gone = ask(ada, '192.0.2.1', 'gone');
  const last = ask(ada, '192.0.2.1', 'last');
  gone.session.ended = true;
  await vi.waitFor(() => expect(reads).toMatchObject([{ room: 'first' }]));
  reads.shift()?.end();
  expect(await first.answered).toHaveLength(1);
  expect(await gone.answered).toEqual([]);
  await vi.waitFor(() => expect(reads).toMatchObject([{ room: 'last' }]));
  reads.shift()?.end();
  expect(await last.answered).toHaveLength(1);
});
