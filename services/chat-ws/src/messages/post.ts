import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { errorMessageOf } from '@parley/common/contracts/chat/error';
import type { Post } from '@parley/common/contracts/chat/post';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import type { AppendResult } from '../log/room-log.ts';
import type { Session } from '../sessions/session.ts';
import { SlidingWindow } from '../sessions/sliding-window.ts';

const strikesWindowMs = 10_000;

/**
 * Puts a message into a room's log; `posted` comes when it is committed. Whoever may read the room may post to it, joined or not. The
 * posts of a connection go into the commit queue, and so into the log, in the order in which they came.
 */
export function post(chat: Chat, session: Session, message: Post): undefined | Promise<void> {
  checkRate(chat, session, performance.now());
  const facts = chat.rooms.facts(message.room, session.identity!.user, chat.now());
  if (facts instanceof Promise) return facts.then(() => submit(chat, session, message));
  submit(chat, session, message);
  return undefined;
}

function submit(chat: Chat, session: Session, message: Post): void {
  const { id, name } = session.identity!.user;
  const { room, text, data, key } = message;
  chat.commits.post({ room, from: { id, name }, text, data, key, at: chat.now() }, (result) =>
    answer(chat, session, message, result),
  );
}

function answer(chat: Chat, session: Session, { id: re, room }: Post, result: AppendResult): void {
  if (result instanceof ParleyError) {
    chat.metrics.posts.inc({ result: result.code });
    session.send(errorMessageOf(result, re));
    return;
  }
  const { epoch, seq, at, duplicate } = result;
  chat.metrics.posts.inc({ result: duplicate ? 'duplicate' : 'posted' });
  session.send({ type: 'posted', re, room, epoch, seq, at: new Date(at).toISOString(), duplicate });
}

/** @throws ParleyError RATE_LIMITED; a client that goes on regardless is closed */
function checkRate({ settings, metrics }: Chat, session: Session, now: number): void {
  session.posts ??= new SlidingWindow(settings.posts, settings.postsWindowMs);
  const waitMs = session.posts.take(now);
  if (waitMs === 0) return;
  metrics.posts.inc({ result: 'RATE_LIMITED' });
  session.refusals ??= new SlidingWindow(settings.rateStrikes, strikesWindowMs);
  if (session.refusals.take(now) > 0) session.end(closeCodes.rateLimitIgnored, 'rate limit ignored');
  throw new ParleyError('RATE_LIMITED', 'You post faster than you may.', { retryAfterMs: waitMs });
}
