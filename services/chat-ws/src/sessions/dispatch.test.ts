import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Outlet } from '@parley/common/fanout/outlet';
import { expect, test, vi } from 'vitest';
import type { Chat } from '../chat.ts';
import type { Access } from '../rooms/rights.ts';
import { receive } from './dispatch.ts';
import { Session } from './session.ts';

/** A session whose first message waits until the test lets it go on. */
function setUp() {
  const facts = Promise.withResolvers<Access>();
  const chat = {
    rooms: { facts: () => facts.promise, get: () => undefined },
    now: () => 0,
    settings: { commands: 1e6, postsWindowMs: 2_000 },
    metrics: { limited: { inc() {} } },
  } as unknown as Chat;
  const sent: ServerMessage[] = [];
  const outlet = {} as Outlet;
  const peer = {
    isPaused: false,
    outlet: undefined,
    send: (message: ServerMessage) => void sent.push(message),
    end() {},
    pause() {
      peer.isPaused = true;
    },
    resume() {
      peer.isPaused = false;
    },
    taken: () => undefined,
    done() {},
    withoutMe: () => ({ outlet }),
  };
  const session = new Session({ number: 1, peer, address: '192.0.2.1', authBy: 0 });
  session.identity = { user: { id: 'u', name: 'ada', guest: false }, role: 'user', expiresAt: 1 };
  const take = (id: number, bytes = 50) =>
    receive(chat, session, { value: { type: 'members', room: 'lobby', id }, bytes });
  return { facts, peer, sent, take };
}

test.each([
  ['many messages', 65, 50],
  ['few large ones', 3, 33_000],
])('%s behind one that waits: the client is not read from until they are worked off', async (_what, count, bytes) => {
  const { facts, peer, sent, take } = setUp();
  for (let id = 1; id < count; id++) take(id, bytes);
  expect(peer.isPaused).toBe(false);
  take(count, bytes);
  expect(peer.isPaused).toBe(true);
  facts.resolve({ visibility: 'public', role: undefined });
  await vi.waitFor(() => expect(sent).toHaveLength(count));
  expect(peer.isPaused).toBe(false);
  expect(sent.map((message) => 're' in message && message.re)).toEqual(
    Array.from({ length: count }, (_, index) => index + 1),
  );
});

test('who goes on regardless is refused before it costs much', () => {
  const { sent, take } = setUp();
  for (let id = 0; id <= 4_096; id++) take(id);
  expect(sent).toEqual([]);
  take(4_097);
  expect(sent).toMatchObject([{ type: 'error', re: 4_097, code: 'RATE_LIMITED' }]);
});

test('the same by bytes: few compressed ones that became many', () => {
  const { sent, take } = setUp();
  take(0);
  for (let id = 1; id <= 64; id++) take(id, 64 * 1024);
  expect(sent).toEqual([]);
  take(65, 64 * 1024);
  expect(sent).toMatchObject([{ type: 'error', re: 65, code: 'RATE_LIMITED' }]);
});
