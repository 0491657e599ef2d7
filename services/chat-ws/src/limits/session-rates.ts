import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { ParleyError } from '@parley/common/runtime/errors';
import { networkOf } from '@parley/net/network-of';
import type { Chat } from '../chat.ts';
import type { Session } from '../sessions/session.ts';
import { SlidingWindow } from '../sessions/sliding-window.ts';
import { spend } from './budget.ts';
import type { Refusal } from './post-rates.ts';

const strikesWindowMs = 10_000;

/** Counts a post of a session, a change being one. @throws ParleyError RATE_LIMITED; a client that goes on regardless is closed */
export function checkPostRate(chat: Chat, session: Session, now: number): void {
  const { settings, rates, metrics } = chat;
  session.posts ??= new SlidingWindow(settings.posts, settings.postsWindowMs);
  const by = { user: session.identity!.user.id, network: session.network, connection: session.posts };
  const refusal = rates.take(by, now);
  if (refusal === undefined) return;
  metrics.posts.count('RATE_LIMITED');
  strike(chat, session, now);
  throw refused(chat, refusal);
}

/** The same for who posts without a connection. */
export function checkRestPostRate(chat: Chat, by: { user: string; address: string }, now: number): void {
  const refusal = chat.rates.take({ user: by.user, network: networkOf(by.address, { ipv4Bits: 32 }) }, now);
  if (refusal === undefined) return;
  chat.metrics.posts.count('RATE_LIMITED');
  throw refused(chat, refusal);
}

/** Counts any other command. */
export function checkCommandRate(chat: Chat, session: Session, now: number): void {
  const { commands: limit, postsWindowMs: windowMs } = chat.settings;
  const spent = spend(session.commandsFullAt, now, { limit, windowMs });
  if ('fullAt' in spent) {
    session.commandsFullAt = spent.fullAt;
    return;
  }
  chat.metrics.limited.inc({ limit: 'commands' });
  strike(chat, session, now);
  throw new ParleyError('RATE_LIMITED', 'You ask faster than you may.', { retryAfterMs: spent.waitMs });
}

function refused({ metrics }: Chat, { limit, waitMs }: Refusal): ParleyError {
  metrics.limited.inc({ limit });
  return new ParleyError('RATE_LIMITED', messages[limit], { retryAfterMs: waitMs });
}

const messages: Record<Refusal['limit'], string> = {
  posts_connection: 'You post faster than you may.',
  posts_user: 'You post faster than you may, over all of your connections.',
  posts_address: 'More is posted from your address than may be.',
};

function strike({ settings, metrics }: Chat, session: Session, now: number): void {
  session.refusals ??= new SlidingWindow(settings.rateStrikes, strikesWindowMs);
  if (session.refusals.take(now) === 0) return;
  metrics.limited.inc({ limit: 'rate_ignored' });
  session.end(closeCodes.rateLimitIgnored, 'rate limit ignored');
}
