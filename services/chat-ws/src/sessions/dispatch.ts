import { type ClientMessage, parseClientMessage } from '@parley/common/contracts/chat/client-message';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { errorMessageOf } from '@parley/common/contracts/chat/error';
import { type MessageId, messageIdOf } from '@parley/common/contracts/chat/message-id';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import { checkCommandRate } from '../limits/session-rates.ts';
import { auth } from '../messages/auth.ts';
import { deleteMessage } from '../messages/delete.ts';
import { edit } from '../messages/edit.ts';
import { history } from '../messages/history.ts';
import { join } from '../messages/join.ts';
import { leave } from '../messages/leave.ts';
import { members } from '../messages/members.ts';
import { ping } from '../messages/ping.ts';
import { pong } from '../messages/pong.ts';
import { post } from '../messages/post.ts';
import { refresh } from '../messages/refresh.ts';
import { seen } from '../messages/seen.ts';
import { typing } from '../messages/typing.ts';
import { checkInbox, type InboxSize, isInboxFull } from './inbox.ts';
import type { Inbox, Received, Session } from './session.ts';
import { SlidingWindow } from './sliding-window.ts';

const badMessagesWindowMs = 60_000;

/**
 * Works off what a session sends, one message after the other: a message that has to wait (for the log, for keys) lets those behind it
 * wait, and so does an answer that the client has no room for. A failure is answered to this session and ends there.
 */
export function receive(chat: Chat, session: Session, received: Received): void {
  if (session.ended) return;
  const { inbox } = session;
  if (inbox === undefined) {
    workOff(chat, session, received);
    return;
  }
  try {
    checkInbox(chat, sizeOf(inbox));
  } catch (thrown) {
    refuse(chat, session, received, thrown);
    return;
  }
  inbox.messages.push(received);
  inbox.bytes += received.bytes;
  if (isInboxFull(sizeOf(inbox))) session.peer.pause();
}

function sizeOf({ messages, bytes }: Inbox): InboxSize {
  return { count: messages.length, bytes };
}

function workOff(chat: Chat, session: Session, received: Received): void {
  const waiting = handle(chat, session, received);
  if (waiting === undefined) return;
  session.inbox = { messages: [], bytes: 0 };
  void waiting.then(() => workOffInbox(chat, session));
}

async function workOffInbox(chat: Chat, session: Session): Promise<void> {
  for (;;) {
    const { inbox } = session;
    if (inbox === undefined || inbox.messages.length === 0 || session.ended) break;
    session.inbox = { messages: [], bytes: 0 };
    if (isInboxFull(sizeOf(inbox))) session.peer.resume();
    for (const received of inbox.messages) {
      // Who asks for much and does not read it gets no more of it into memory here.
      await session.peer.taken();
      const waiting = handle(chat, session, received);
      if (waiting !== undefined) await waiting;
    }
  }
  session.inbox = undefined;
}

/** Undefined when it is done, else a promise that is never rejected. */
function handle(chat: Chat, session: Session, received: Received): Promise<void> | undefined {
  if (session.ended) return undefined;
  try {
    if ('failure' in received) throw received.failure;
    const message = 'message' in received ? received.message : parseClientMessage(received.value);
    const waiting = route(chat, session, message);
    return waiting?.catch((thrown) => refuse(chat, session, received, thrown));
  } catch (thrown) {
    refuse(chat, session, received, thrown);
    return undefined;
  }
}

function route(chat: Chat, session: Session, message: ClientMessage): undefined | Promise<void> {
  if (!isPost(message)) checkCommandRate(chat, session, performance.now());
  switch (message.type) {
    case 'auth':
      return auth(chat, session, message);
    case 'ping':
      ping(chat, session, message);
      return undefined;
    case 'pong':
      pong();
      return undefined;
  }
  if (session.identity === undefined) {
    throw new ParleyError('UNAUTHENTICATED', 'Say who you are first: {"type":"auth", …}.');
  }
  switch (message.type) {
    case 'post':
      return post(chat, session, message);
    case 'edit':
      return edit(chat, session, message);
    case 'delete':
      return deleteMessage(chat, session, message);
    case 'join':
      return join(chat, session, message);
    case 'leave':
      leave(chat, session, message);
      return undefined;
    case 'history':
      return history(chat, session, message);
    case 'members':
      return members(chat, session, message);
    case 'refresh':
      return refresh(chat, session, message);
    case 'typing':
      typing(chat, session, message);
      return undefined;
    case 'seen':
      seen(chat, session, message);
      return undefined;
  }
}

/** What counts as a post, and is counted where it is handled. */
function isPost({ type }: ClientMessage): boolean {
  return type === 'post' || type === 'edit' || type === 'delete';
}

/** Answers a failed message; who sends nothing but nonsense is closed. */
function refuse(chat: Chat, session: Session, received: Received, thrown: unknown): void {
  const failure = toParleyError(thrown);
  if (failure.code === 'INTERNAL') chat.logger.error({ err: failure.cause, peer: session.address }, 'a message failed');
  session.send(errorMessageOf(failure, idOf(received)));
  const limit = limitsMet[failure.code];
  if (limit !== undefined) chat.metrics.limited.inc({ limit });
  if (isNonsense(failure) && isOneBadTooMany(chat, session))
    session.end(closeCodes.tooManyBadMessages, 'too many bad messages');
}

/** Counts a bad message: whether there have been too many of them. */
export function isOneBadTooMany(chat: Chat, session: Session): boolean {
  session.badMessages ??= new SlidingWindow(chat.settings.badMessages, badMessagesWindowMs);
  if (session.badMessages.take(performance.now()) === 0) return false;
  chat.metrics.limited.inc({ limit: 'bad_messages' });
  return true;
}

function idOf(received: Received): MessageId | undefined {
  if ('message' in received) return 'id' in received.message ? received.message.id : undefined;
  return 'value' in received ? messageIdOf(received.value) : received.id;
}

/** The limits that are met by what is thrown, wherever that is; others are counted where they are. */
const limitsMet: Partial<Record<ParleyError['code'], string>> = { TOO_LARGE: 'message_bytes', LIMIT_REACHED: 'rooms' };

function isNonsense({ code }: ParleyError): boolean {
  return code === 'BAD_MESSAGE' || code === 'UNKNOWN_TYPE' || code === 'TOO_LARGE' || code === 'UNAUTHENTICATED';
}
