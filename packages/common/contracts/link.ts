import { z } from 'zod';
import { messageId } from './chat/message-id.ts';
import { isLaterServerMessage, serverMessage } from './chat/server-message.ts';
import { errorCodes } from './error-code.ts';
import { logEntry } from './log-entry.ts';
import { parseContract } from './parse-contract.ts';
import { epoch, headSeq, position, seq } from './position.ts';
import { roomName } from './room-name.ts';

/** Path of the WebSocket between a gateway and chat-ws; needs a service token whose audience is `chat-ws`. */
export const linkPath = '/internal/link';

/** Entries that one `read` may ask for. */
export const maxLinkReadEntries = 1000;

/** Rooms that an answer to `rooms` lists at most. */
export const maxLinkRooms = 1000;

/** A session's number: chosen by the gateway, unique on its link, never used again on it. */
const session = z.int().min(0);
/** A question's number (`read`, `rooms`): chosen by the gateway, comes back in the answer. */
const questionNumber = z.int().min(0);

/** A client came, from this address (of the client, not of the gateway). */
const open = z.object({ t: z.literal('open'), s: session, address: z.string().max(64) });
/**
 * A command of session `s`. Its content is left unparsed here: a bad one is answered to that session alone
 * (`parseClientMessage(m)`), and the link's other sessions never notice.
 */
const input = z.object({ t: z.literal('in'), s: session, m: z.unknown() });
/** The client of session `s` is gone. `lost`: without a goodbye, so that it may be back in a moment. */
const end = z.object({ t: z.literal('end'), s: session, lost: z.literal(true).optional() });
/** Feed this room's entries to the link, once for all its sessions: behind `after`, or from the head on. */
const watch = z.object({ t: z.literal('watch'), room: roomName, after: position.optional() });
const unwatch = z.object({ t: z.literal('unwatch'), room: roomName });
/** Entries of the log, from seq `from` on. */
const read = z.object({
  t: z.literal('read'),
  n: questionNumber,
  room: roomName,
  from: seq,
  limit: z.int().min(1).max(maxLinkReadEntries),
});

/** Which rooms are there for session `s` to see? */
const rooms = z.object({ t: z.literal('rooms'), n: questionNumber, s: session });

/** What a gateway sends over a link. */
export const gatewayLinkMessage = z.discriminatedUnion('t', [input, open, end, watch, unwatch, read, rooms]);
export type GatewayLinkMessage = z.infer<typeof gatewayLinkMessage>;

/** An answer or a personal push for session `s`; a room's `message`s never come so. */
const output = z.object({ t: z.literal('out'), s: session, m: serverMessage });
/** A command of session `s` that clients get no answer to has been done; `re` as in its answers. */
const done = z.object({ t: z.literal('done'), s: session, re: messageId });
/** The room is fed to this link; `next` is the first seq that will come. `recovered`: nothing behind `after` is missing. */
const watching = z.object({
  t: z.literal('watching'),
  room: roomName,
  epoch,
  head: headSeq,
  next: seq,
  recovered: z.boolean(),
});
/** Committed entries in order, without a hole from `next` on. */
const entries = z.object({ t: z.literal('entries'), room: roomName, epoch, entries: z.array(logEntry) });
const gap = z.object({ t: z.literal('gap'), room: roomName, from: seq, to: seq });
const reset = z.object({ t: z.literal('reset'), room: roomName, epoch, head: headSeq });
/** Answer to `read`; `oldest` is the first seq that the log still has (head + 1 when it has none). */
const readAnswer = z.object({
  t: z.literal('read'),
  n: questionNumber,
  room: roomName,
  epoch,
  entries: z.array(logEntry),
  oldest: seq,
  head: headSeq,
});
/** Answer to `rooms`, by name; `members` is a count of users. */
const roomsAnswer = z.object({
  t: z.literal('rooms'),
  n: questionNumber,
  rooms: z.array(z.object({ room: roomName, members: z.int().min(0) })).max(maxLinkRooms),
});
/** A `read` or `rooms` (with its `n`) or a `watch` (without, but with its `room`) that cannot be done now. */
const failed = z.object({
  t: z.literal('failed'),
  n: questionNumber.optional(),
  room: roomName.optional(),
  code: z.enum(errorCodes),
  message: z.string(),
});
/** Ephemeral (presence, typing …): for every session of the link that is in the room, without `except`. */
const push = z.object({ t: z.literal('push'), room: roomName, m: serverMessage, except: session.optional() });
/** chat-ws ended that session (auth failed, banned …); `code` is a WebSocket close code. */
const closed = z.object({ t: z.literal('closed'), s: session, code: z.int(), reason: z.string() });
/**
 * chat-ws goes away: open a link elsewhere, after so many ms. `perSecond`: how many of this link's sessions may be attached again in a
 * second, so that with those of other links, and clients, no more come than may.
 */
const drain = z.object({
  t: z.literal('drain'),
  reconnectAfterMs: z.int().min(0),
  perSecond: z.int().min(1).optional(),
});

const chatLinkMessages = [
  entries,
  output,
  done,
  push,
  watching,
  gap,
  reset,
  readAnswer,
  roomsAnswer,
  failed,
  closed,
  drain,
] as const;

/** What chat-ws sends over a link. */
export const chatLinkMessage = z.discriminatedUnion('t', chatLinkMessages);
export type ChatLinkMessage = z.infer<typeof chatLinkMessage>;

const chatLinkTypes: ReadonlySet<unknown> = new Set(chatLinkMessages.map((schema) => schema.shape.t.value));

/** What came from a gateway. Throws ParleyError BAD_MESSAGE, also for an unknown `t`: both ends are ours. */
export function parseGatewayLinkMessage(value: unknown): GatewayLinkMessage {
  return parseContract(gatewayLinkMessage, value, 'link message');
}

/** What came from chat-ws; undefined for what a newer chat-ws adds. Throws ParleyError BAD_MESSAGE. */
export function parseChatLinkMessage(value: unknown): ChatLinkMessage | undefined {
  if (typeof value === 'object' && value !== null && 't' in value) {
    if (typeof value.t === 'string' && !chatLinkTypes.has(value.t)) return undefined;
    if ((value.t === 'out' || value.t === 'push') && 'm' in value && isLaterServerMessage(value.m)) return undefined;
  }
  return parseContract(chatLinkMessage, value, 'link message');
}
