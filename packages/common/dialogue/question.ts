import type { ClientMessage } from '../contracts/chat/client-message.ts';
import type { ErrorMessage } from '../contracts/chat/error.ts';
import type { ServerMessage } from '../contracts/chat/server-message.ts';
import type { ErrorCode } from '../contracts/error-code.ts';

/** What chat-ws is asked on behalf of a client. */
export type Question = ClientMessage | { type: 'rooms' };

/** Puts something into a room's log, and may carry a key, so that asking again cannot do it twice. */
export type Writing = Extract<ClientMessage, { type: 'post' | 'edit' | 'delete' }>;

export function isWriting(question: Question): question is Writing {
  return question.type === 'post' || question.type === 'edit' || question.type === 'delete';
}

export type RoomsAnswer = { type: 'rooms'; rooms: readonly { room: string; members: number }[] };

/** Of what clients get no answer to: it has been worked off. */
export type DoneAnswer = { type: 'done' };

export type Answer = ServerMessage | RoomsAnswer | DoneAnswer;

export function errorAnswer(code: ErrorCode, message: string): ErrorMessage {
  return { type: 'error', code, message };
}
