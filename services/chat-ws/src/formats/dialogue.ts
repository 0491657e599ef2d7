import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Chat } from '../chat.ts';
import type { Session } from '../sessions/session.ts';
import type { ClientFormat } from './client-format.ts';

/** A client's connection as its dialogue sees it. */
export interface DialogueClient {
  readonly chat: Chat;
  readonly session: Session;
  /** Writes whole frames, together with the others of this turn. */
  answer(frames: Buffer): void;
  /** Undefined while more may be sent; else resolves when the client has taken what it was sent. */
  taken(): Promise<void> | undefined;
  /** Reads from the client, if nothing speaks against it. */
  readOrNot(): void;
}

/**
 * How a client is spoken with. JSON and binary dialogues have no state and are shared by all clients; only who speaks lines has one of
 * its own, so that the many others pay nothing for it.
 */
export interface Dialogue {
  readonly format: ClientFormat;
  /** More has come than can be worked off now: the client is not to be read from. */
  readonly isFull: boolean;
  /** A WebSocket message came. */
  hear(data: Buffer, isBinary: boolean, client: DialogueClient): void;
  /** An access token came with the handshake. */
  login(token: string, client: DialogueClient): void;
  /** An answer, or a push that is this client's alone. */
  tell(message: ServerMessage, client: DialogueClient): void;
}
