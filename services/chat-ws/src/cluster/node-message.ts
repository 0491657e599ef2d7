import { chatUser } from '@parley/common/contracts/chat/chat-user';
import { seenPush } from '@parley/common/contracts/chat/seen';
import { typingPush } from '@parley/common/contracts/chat/typing';
import { logEntry } from '@parley/common/contracts/log-entry';
import { parseContract } from '@parley/common/contracts/parse-contract';
import { roomName } from '@parley/common/contracts/room-name';
import { z } from 'zod';

/** Names a process of chat-ws; a DNS label, and so a token of a subject. */
const node = z.string().regex(/^[a-z0-9-]{1,64}$/);
const epoch = z.string().max(64);
const count = z.int().min(0);
/** Counts what has changed about who is in a room by way of one node; that node's number, never smaller than before. */
const version = count;

const push = z.discriminatedUnion('type', [typingPush, seenPush]);

/** `n`: from which node. What chat-ws nodes say to each other; only they do, all of one version or the next. */
export const nodeMessage = z.discriminatedUnion('t', [
  /** To a room: committed entries, consecutive. */
  z.object({ t: z.literal('entries'), n: node, epoch, entries: z.array(logEntry) }),
  /** To a room: entries up to `head` are committed that are too long to be sent. */
  z.object({ t: z.literal('head'), n: node, epoch, head: count }),
  /** To a room: what is told to who is there now, and kept nowhere; `more` that is told with it. */
  z.object({ t: z.literal('push'), n: node, epoch, m: push, more: z.array(push).optional() }),
  /** To a room: a user has come (or is called otherwise now) or gone; `users`: how many the node has there by now. */
  z.object({
    t: z.literal('presence'),
    n: node,
    event: z.enum(['join', 'leave']),
    user: chatUser,
    v: version,
    users: count,
  }),
  /** To a node that has asked, or to all: who is in a room by way of the sender, in `parts`, counted from 0. */
  z.object({
    t: z.literal('members'),
    n: node,
    room: roomName,
    v: version,
    part: count,
    parts: count,
    users: z.array(chatUser),
  }),
  /** To all, or to one: who is in this room by way of you? */
  z.object({ t: z.literal('ask'), n: node, room: roomName }),
  /** To all: I am there, and in these rooms I have users: name, version, how many. `hello`: say so, too, at once. */
  z.object({
    t: z.literal('beat'),
    n: node,
    hello: z.literal(true).optional(),
    rooms: z.array(z.tuple([roomName, version, count])),
  }),
  /** To all: nobody is anywhere by way of me any more. */
  z.object({ t: z.literal('bye'), n: node }),
  /** To all: the room, or who is a member of it, has been changed in the database. */
  z.object({ t: z.literal('changed'), n: node, room: roomName }),
  /** To a node: this session of yours goes on elsewhere. */
  z.object({ t: z.literal('end'), n: node, session: count }),
]);
export type NodeMessage = z.infer<typeof nodeMessage>;

/** @throws ParleyError BAD_MESSAGE */
export function parseNodeMessage(payload: string): NodeMessage {
  return parseContract(nodeMessage, JSON.parse(payload), 'message of a node');
}
