import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import { expect, test } from 'vitest';
import { ClusterRoom } from './cluster-room.ts';
import type { NodeMessage } from './node-message.ts';

const user = (n: number): ChatUser => ({ id: `u${n}`, name: `user${n}`, guest: false });
const join = (n: number) => ({ event: 'join' as const, user: user(n), v: n, users: n });

function createRoom() {
  const asked: string[] = [];
  const clock = { now: 0 };
  const room = new ClusterRoom({
    node: 'here',
    name: 'lobby',
    version: 0,
    answerMs: 200,
    waitMs: () => 0,
    retryDelayMs: () => 0,
    now: () => clock.now,
    onRead: () => {},
    wire: {
      tell: () => {},
      tellNode: (node: string, message: NodeMessage) => void asked.push(`${node} ${message.t}`),
      tellAll: (message) => void asked.push(`all ${message.t}`),
      flush: () => Promise.resolve(),
      mostUsers: () => 2,
      nodes: () => ['b'],
      ended: () => {},
    },
  });
  return { room, asked, clock };
}

test('a node in a storm of joins of which one was lost is asked once, not once per join', () => {
  const { room, asked, clock } = createRoom();
  room.heardPresence('b', join(1));
  for (let n = 3; n <= 1_000; n++) room.heardPresence('b', join(n));
  room.heardVersion('b', 1_000);
  expect(asked).toEqual(['b ask']);
  // The answer, and another loss.
  const users = Array.from({ length: 1_000 }, (_, n) => user(n + 1));
  room.heardMembers('b', { v: 1_000, part: 0, parts: 1, users });
  room.heardPresence('b', join(1_001));
  room.heardPresence('b', join(1_003));
  expect(asked).toHaveLength(2);
  // That answer is lost as well.
  clock.now += 200;
  room.heardVersion('b', 1_003);
  expect(asked).toHaveLength(3);
});

test('while a room is being opened, its joins on another node do not have that node asked again', async () => {
  const { room, asked } = createRoom();
  const answered = room.answered();
  for (let n = 5; n < 50; n++) room.heardPresence('b', join(n));
  expect(asked).toEqual(['all ask']);
  room.heardMembers('b', { v: 49, part: 0, parts: 1, users: [user(1)] });
  await answered;
});
