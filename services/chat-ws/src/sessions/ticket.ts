import { createHmac, timingSafeEqual } from 'node:crypto';
import { chatUser } from '@parley/common/contracts/chat/chat-user';
import { role } from '@parley/common/contracts/user';
import { ParleyError } from '@parley/common/runtime/errors';
import type { KeyRing } from '@parley/common/runtime/key-ring';
import { z } from 'zod';
import type { Identity } from './identity.ts';

/** What a ticket says: who, until when the identity is good, until when the ticket is, and which session it resumes. Times in ms. */
const ticketContent = z.object({
  user: chatUser,
  role,
  expiresAt: z.int().positive(),
  until: z.int().positive(),
  session: z.string().max(64),
});

export type Resumed = { identity: Identity; session: string };

export type Tickets = {
  /** A ticket for `{type:"auth", ticket}` on any node; `session` names the one that it resumes. */
  issue(identity: Identity, session: string, now: number): string;
  /** @throws ParleyError UNAUTHENTICATED */
  redeem(ticket: string, now: number): Resumed;
};

/**
 * Resume tickets: `<key id>.<content>.<HMAC-SHA256>`, base64url, opaque to clients. The identity in it ends when the token ended that
 * it came from; the ticket itself after `lifetimeMs`, or then, if that is sooner.
 */
export function createTickets(keys: KeyRing, lifetimeMs: number): Tickets {
  return {
    issue({ user, role, expiresAt }, session, now) {
      const until = Math.min(expiresAt, now + lifetimeMs);
      const content = Buffer.from(JSON.stringify({ user, role, expiresAt, until, session })).toString('base64url');
      const { id, key } = keys.signing('ticket');
      const signed = `${id}.${content}`;
      return `${signed}.${mac(key, signed).toString('base64url')}`;
    },
    redeem(ticket, now) {
      const [id, content = '', signature = ''] = ticket.split('.');
      const known = keys.verifying('ticket').find((key) => key.id === id);
      if (known === undefined || !isSame(mac(known.key, `${id}.${content}`), Buffer.from(signature, 'base64url'))) {
        throw new ParleyError('UNAUTHENTICATED', 'The ticket is not valid.');
      }
      const read = ticketContent.safeParse(JSON.parse(Buffer.from(content, 'base64url').toString()));
      // While versions are changed, another node may say in it what this one does not know.
      if (!read.success) throw new ParleyError('UNAUTHENTICATED', 'The ticket is of another version.');
      const { user, role, expiresAt, until, session } = read.data;
      if (until <= now) throw new ParleyError('UNAUTHENTICATED', 'The ticket has expired.');
      return { identity: { user, role, expiresAt }, session };
    },
  };
}

function mac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
