import { createKeyRing } from '@parley/common/runtime/key-ring';
import { expect, test } from 'vitest';
import { createTickets } from './ticket.ts';

const [older, newer] = ['older-'.repeat(8), 'newer-'.repeat(8)];
const identity = {
  user: { id: 'u'.repeat(64), name: 'n'.repeat(64), guest: false },
  role: 'user' as const,
  expiresAt: 500_000,
};

test('gives back who it was issued to, and which session it resumes', () => {
  const tickets = createTickets(createKeyRing([older]), 100_000);
  const ticket = tickets.issue(identity, 'node-7.12', 1_000);
  expect(tickets.redeem(ticket, 100_999)).toEqual({ identity, session: 'node-7.12' });
  expect(Buffer.byteLength(ticket)).toBeLessThan(4_096);
});

test('is good for its own time, and no longer than the token it came from', () => {
  const tickets = createTickets(createKeyRing([older]), 100_000);
  expect(() => tickets.redeem(tickets.issue(identity, 's', 1_000), 101_000)).toThrow('expired');
  expect(() => tickets.redeem(tickets.issue(identity, 's', 450_000), 500_000)).toThrow('expired');
});

test('is taken by every node that knows the secret, also after another one signs', () => {
  const ticket = createTickets(createKeyRing([older]), 100_000).issue(identity, 's', 0);
  expect(createTickets(createKeyRing([newer, older]), 1).redeem(ticket, 1).identity).toEqual(identity);
  expect(() => createTickets(createKeyRing([newer]), 1).redeem(ticket, 1)).toThrow('not valid');
});

test('is refused when anything in it was changed, or when it is nothing of the kind', () => {
  const tickets = createTickets(createKeyRing([older]), 100_000);
  const ticket = tickets.issue(identity, 's', 0);
  const [id, content, signature] = ticket.split('.');
  const other = Buffer.from(JSON.stringify({ user: { id: 'x', name: 'root', guest: false } })).toString('base64url');
  for (const bad of [
    '',
    'a.b',
    `${id}.${other}.${signature}`,
    `${id}.${content}.`,
    `${id}.${content}`,
    `..`,
    'é.ü.ö',
  ]) {
    expect(() => tickets.redeem(bad, 1), bad).toThrow('not valid');
  }
});

test('of another version it is no ticket', () => {
  const tickets = createTickets(createKeyRing([older]), 100_000);
  const ticket = tickets.issue({ ...identity, role: 'captain' as 'user' }, 's', 0);
  expect(() => tickets.redeem(ticket, 1)).toThrow(expect.objectContaining({ code: 'UNAUTHENTICATED' }));
});
