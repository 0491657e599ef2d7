import { eventIdOf } from '@parley/common/contracts/events/event-id';
import { expect, test } from 'vitest';
import type { Chat } from '../chat.ts';
import { KnownUsers } from './known-users.ts';
import { takeInUsers } from './take-in-users.ts';

test('a deleted user is stored as such before its memberships end, or it could be made a member behind that', async () => {
  const steps: string[] = [];
  const chat = {
    now: Date.now,
    sessions: [],
    absences: { endAll() {} },
    seenMarks: { forget() {}, stored: async () => {} },
    log: {
      write: async () => void steps.push('write'),
      directory: {
        async forgetUser(user: string) {
          steps.push(`forget ${user}`);
          return [];
        },
      },
    },
  } as unknown as Chat;
  const data = { id: 'u_ada', username: 'ada' };
  const event = { id: eventIdOf('user.deleted', data.id), type: 'user.deleted', at: new Date().toISOString(), data };
  const users = new KnownUsers({ rememberMs: 60_000, revoked: [], changed: [] });
  const page = { events: [event], from: 'c0', to: 'c1', isLoss: false };
  await takeInUsers(chat, page, {
    source: 'users-api',
    kind: 'sqlite',
    users,
    onMalformed: () => expect.unreachable(),
  });
  expect(steps).toEqual(['write', 'forget u_ada', 'write']);
});
