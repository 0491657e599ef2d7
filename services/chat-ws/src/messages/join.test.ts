import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import { Fanout } from '@parley/common/fanout/fanout';
import type { Outlet } from '@parley/common/fanout/outlet';
import { expect, test } from 'vitest';
import type { Chat } from '../chat.ts';
import { entryEncoders } from '../encode.ts';
import { Room } from '../rooms/room.ts';
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

test('who joins is not given from memory what another node has erased, though this one has not heard of it', async () => {
  const from = { id: 'u_ada', name: 'ada' };
  const secret: LogEntry = { seq: 1, at: 0, from, text: 'secret' };
  const stored: LogEntry[] = [secret];
  const fanout = new Fanout<LogEntry>({
    encoders: entryEncoders,
    amend: amended,
    limits: { behindBytes: 262_144, tailBytesTotal: 1 << 20 },
    retryDelayMs: () => 10,
    isMoreComing: () => false,
    onReadFailed() {},
  });
  const feed = fanout.openFeed({
    room: 'lobby',
    epoch: 'e1',
    head: 0,
    read: async (first) => ({
      entries: stored.filter(({ seq }) => seq >= first),
      epoch: 'e1',
      head: stored.length,
      oldest: 1,
    }),
  });
  const room = new Room({ name: 'lobby', visibility: 'public', oldest: 1, feed, presenceDetail: 200 });
  const here: string[] = [];
  const late: string[] = [];
  feed.add(outletTo(here), { next: 1 });
  feed.publish([secret]);
  await expect.poll(() => here.join()).toContain('secret');
  // As another node has left it, and as it is known to who looks which entry is the first.
  stored.splice(0, 1, { seq: 1, at: 0, from, deleted: true });
  stored.push({ seq: 2, at: 1, from, of: 1, deleted: true });
  room.committed = 2;
  const chat = {
    settings: { roomsPerConnection: 1, roomCreate: 'nobody' },
    absences: { end() {} },
    rooms: { use: async (_name: string, _actor: unknown, _wish: unknown, taken: (room: Room) => void) => taken(room) },
  } as unknown as Chat;
  const peer = { outlet: outletTo(late), send() {} } as unknown as Peer;
  const session = new Session({ number: 1, peer, address: '192.0.2.1', authBy: 0 });
  session.identity = { user: { id: 'u_ben', name: 'ben', guest: false }, role: 'user', expiresAt: 1 };
  await join(chat, session, { type: 'join', room: 'lobby', after: 'start' });
  await expect.poll(() => late.join()).toContain('"seq":2');
  expect(late.join()).toContain('"deleted":true');
  expect(late.join()).not.toContain('secret');
  fanout.close();
});

function outletTo(written: string[]): Outlet {
  return {
    format: 'json',
    pendingBytes: () => 0,
    write: (frames) => void written.push(frames.toString()),
    afterFlush: (flushed) => void setImmediate(flushed),
    gap() {},
    reset() {},
  };
}
