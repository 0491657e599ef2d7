import { errorMessageOf } from '@parley/common/contracts/chat/error';
import type { MessageId } from '@parley/common/contracts/chat/message-id';
import { toIsoTime } from '@parley/common/contracts/to-iso-time';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Chat } from '../chat.ts';
import type { AppendResult, Change, Post } from '../log/room-log.ts';
import type { Session } from '../sessions/session.ts';

type Request = { id?: MessageId | undefined; room: string };

/** What of a post or a change its sender has to say, and in which life of the room it may. */
type Content = { epoch: string } & Said;

type Said = (Pick<Post, 'text' | 'data' | 'key'> & { of?: undefined }) | Pick<Change, 'of' | 'text' | 'any' | 'key'>;

/** Puts a post or a change into the commit queue; `posted`, or why it was not stored, is answered after the commit. */
export function submit(chat: Chat, session: Session, { id: re, room }: Request, content: Content): void {
  const { id, name } = session.identity!.user;
  chat.commits.post({ ...content, room, from: { id, name }, at: chat.now() }, (result) => {
    if (content.of === undefined) noteGone(chat, { room, epoch: content.epoch }, result);
    answer(chat, session, { id: re, room }, result);
  });
}

/** What a post has found to be no more is no more for anybody, whoever has deleted it. */
export function noteGone(
  { rooms }: Pick<Chat, 'rooms'>,
  { room, epoch }: { room: string; epoch: string },
  why: unknown,
): void {
  if (why instanceof ParleyError && why.code === 'NOT_FOUND') rooms.deleted(room, epoch);
}

function answer(chat: Chat, session: Session, { id: re, room }: Request, result: AppendResult): void {
  if (result instanceof ParleyError) {
    chat.metrics.posts.count(result.code);
    session.send(errorMessageOf(result, re));
    return;
  }
  const { epoch, seq, at, duplicate } = result;
  chat.metrics.posts.count(duplicate ? 'duplicate' : 'posted');
  session.send({ type: 'posted', re, room, epoch, seq, at: toIsoTime(at), duplicate });
}
