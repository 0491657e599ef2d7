import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { expect, test } from 'vitest';
import type { Chat } from '../chat.ts';
import type { Room } from '../rooms/room.ts';
import type { Peer } from '../sessions/peer.ts';
import { Session } from '../sessions/session.ts';
import { join } from './join.ts';

test('who is renamed and no admin any more while its join waits is in the room as what it is by then', async () => {
  const told: string[] = [];
  const room = {
    name: 'secret',
    visibility: 'private',
    feed: { epoch: 'e1' },
    head: 0,
    oldest: 1,
    members: 1,
    enter: ({ name }: { name: string }) => told.push(`join ${name}`),
    leave: ({ name }: { name: string }) => told.push(`leave ${name}`),
  } as unknown as Room;
  const looked = Promise.withResolvers<void>();
  const chat = {
    settings: { roomsPerConnection: 1, roomCreate: 'nobody' },
    absences: { end() {} },
    rooms: {
      use: (_name: string, _actor: unknown, _wish: unknown, taken: (room: Room, role: undefined) => void) =>
        looked.promise.then(() => taken(room, undefined)),
      release: () => told.push('released'),
    },
  } as unknown as Chat;
  const sent: ServerMessage[] = [];
  const peer = { outlet: undefined, send: (message: ServerMessage) => sent.push(message) } as unknown as Peer;
  const session = new Session({ number: 1, peer, address: '192.0.2.1', authBy: 0 });
  const user = { id: 'u_ada', name: 'ada', guest: false };
  session.identity = { user, role: 'admin', expiresAt: 1 };
  const joined = join(chat, session, { type: 'join', room: 'secret' });
  session.identity = { user: { ...user, name: 'lovelace' }, role: 'user', expiresAt: 1 };
  looked.resolve();
  await joined;
  expect(told).toEqual(['join lovelace', 'leave lovelace', 'released']);
  expect(sent.map(({ type }) => type)).toEqual(['joined', 'left']);
  expect(session.seats).toEqual([]);
});
