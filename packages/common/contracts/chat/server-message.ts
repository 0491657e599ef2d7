import { z } from 'zod';
import { parseContract } from '../parse-contract.ts';
import { authFailed, authSuccess } from './auth.ts';
import { changed } from './changed.ts';
import { drain } from './drain.ts';
import { error } from './error.ts';
import { gap } from './gap.ts';
import { historyPage } from './history.ts';
import { joined } from './join.ts';
import { left } from './leave.ts';
import { membersPage } from './members.ts';
import { message } from './message.ts';
import { ping, pong } from './ping.ts';
import { posted } from './post.ts';
import { presence } from './presence.ts';
import { refreshed } from './refresh.ts';
import { reset } from './reset.ts';
import { seenPush } from './seen.ts';
import { ticketPush } from './ticket.ts';
import { typingPush } from './typing.ts';

const answers = [
  authSuccess,
  authFailed,
  joined,
  left,
  posted,
  historyPage,
  membersPage,
  pong,
  refreshed,
  error,
] as const;
const pushes = [message, changed, presence, typingPush, seenPush, gap, reset, ticketPush, drain, ping] as const;

/** Everything the server may send: answers (with `re` when the request had an `id`) and pushes. */
export const serverMessage = z.discriminatedUnion('type', [...answers, ...pushes]);
export type ServerMessage = z.infer<typeof serverMessage>;
export type ServerMessageType = ServerMessage['type'];

const knownTypes: ReadonlySet<string> = new Set([...answers, ...pushes].map((schema) => schema.shape.type.value));

/** Whether this has the type of a message that only a newer version knows. */
export function isLaterServerMessage(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  return typeof value.type === 'string' && !knownTypes.has(value.type);
}

/**
 * One message of the server. A type that this version does not know gives undefined: a client ignores what a newer
 * server adds. Throws ParleyError BAD_MESSAGE for anything else that is malformed.
 */
export function parseServerMessage(value: unknown): ServerMessage | undefined {
  return isLaterServerMessage(value) ? undefined : parseContract(serverMessage, value, 'message');
}
