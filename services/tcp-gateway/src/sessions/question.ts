import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import type { ErrorMessage } from '@parley/common/contracts/chat/error';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { ErrorCode } from '@parley/common/contracts/error-code';

/** What chat-ws is asked on behalf of a client. */
export type Question = ClientMessage | { type: 'rooms' };

export type RoomsAnswer = { type: 'rooms'; rooms: readonly { room: string; members: number }[] };

export type Answer = ServerMessage | RoomsAnswer;

export function errorAnswer(code: ErrorCode, message: string): ErrorMessage {
  return { type: 'error', code, message };
}
