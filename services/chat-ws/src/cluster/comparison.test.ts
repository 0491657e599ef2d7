import { amended, type LogEntry } from '@parley/common/contracts/log-entry';
import type { MemberRole } from '@parley/common/contracts/room';
import { Fanout } from '@parley/common/fanout/fanout';
import { silentLogger } from '@parley/common/runtime/logger';
import { expect, test } from 'vitest';
import { entryEncoders } from '../encode.ts';
import type { RoomHead, RoomLog } from '../log/room-log.ts';
import { memberChanged, roomChanged } from '../room-effects.ts';
import { Absences } from '../rooms/absences.ts';
import { Rooms } from '../rooms/rooms.ts';
import type { Peer } from '../sessions/peer.ts';
import { Sessions } from '../sessions/sessions.ts';
import { Comparison } from './comparison.ts';
import type { RoomState } from './room-states.ts';

const user = { id: 'u_ben', name: 'ben', guest: false };
const head: RoomHead = {
  room: 'lobby',
  epoch: 'e1',
  head: 0,
  oldest: 1,
  visibility: 'public',
  createdBy: { id: 'u_ada', name: 'ada' },
  createdAt: 0,
  topic: '',
  version: 1,
};
const state: RoomState = { id: 1, epoch: 'e1', head: 0, visibility: 'public', changes: 1 };

const peer: Peer = {
  send() {},
  done() {},
  withoutMe: () => ({ outlet: undefined as never }),
  end() {},
  pause() {},
  resume() {},
  taken: () => undefined,
  outlet: undefined,
};

/** Ben sits in `lobby`. `read`: what the database says from now on, and what happens here once it has said so. */
async function setUp() {
  const read = {
    state,
    role: undefined as MemberRole | undefined,
    afterState: () => {},
    afterRoles: () => {},
  };
  const log: Pick<RoomLog, 'openRoom'> = { openRoom: async () => head };
  const fanout = new Fanout<LogEntry>({ encoders: entryEncoders, amend: amended, retryDelayMs: () => 1 });
  const rooms = new Rooms({ log: log as RoomLog, fanout, presenceDetail: 200, onGone: () => {} });
  const room = await rooms.open('lobby');
  const sessions = new Sessions({ connectionsPerAddress: 9, connectionsPerUser: 9 });
  const session = sessions.open({ peer, address: '192.0.2.1', authBy: 0 });
  sessions.identify(session, { user, role: 'user', expiresAt: Number.POSITIVE_INFINITY });
  const seat = session.sit(room, undefined);
  room.enter(user);
  const chat = {
    rooms,
    sessions,
    absences: new Absences({ graceMs: 0, most: 0, release() {} }),
    logger: silentLogger(),
  };
  const then = (what: 'afterState' | 'afterRoles') => {
    const does = read[what];
    read[what] = () => {};
    does();
  };
  const comparison = new Comparison({
    chat,
    async states() {
      const said = read.state;
      then('afterState');
      return new Map([['lobby', said]]);
    },
    async roles() {
      const said = read.role;
      then('afterRoles');
      return said === undefined ? [] : [{ room_id: 1, user_id: user.id, role: said }];
    },
  });
  return { chat, room, seat, session, comparison, read };
}

test('what the database said before a room was changed here does not undo the change', async () => {
  const { chat, room, comparison, read } = await setUp();
  const seen: string[] = [];
  // Ben is not the only one here.
  await chat.rooms.open('lobby');
  read.afterState = () => {
    roomChanged(chat, { room: 'lobby', epoch: 'e1', visibility: 'private' });
    read.state = { ...state, visibility: 'private' };
    read.afterState = () => void seen.push(room.visibility);
  };
  await comparison.run();
  expect(seen).toEqual(['private']);
  expect(room.visibility).toBe('private');
});

test('a role that was read before it was changed here does not undo the change', async () => {
  const { chat, seat, session, comparison, read } = await setUp();
  const seen: (MemberRole | undefined)[] = [];
  read.role = 'member';
  read.afterRoles = () => {
    memberChanged(chat, 'lobby', { id: user.id, role: 'moderator' });
    read.role = 'moderator';
    read.state = { ...state, changes: 2 };
    read.afterState = () => void seen.push(seat.role);
  };
  await comparison.run();
  expect(seen).toEqual(['moderator']);
  expect(seat.role).toBe('moderator');
  expect(session.seats).toHaveLength(1);
});
