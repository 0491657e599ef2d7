import type { Post } from '@parley/common/contracts/chat/post';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Format } from '../encoders.ts';
import type { Answer, Question } from '../sessions/question.ts';

/** What the client is answered; `isLast`: and then the connection is closed. Or what has to be asked before that. */
export type Reply = { bytes: Buffer; isLast?: boolean } | { ask: Question };

/**
 * What one line or frame comes to.
 *
 * - `nothing`: it needs no answer.
 * - `answer`: it is answered here and now. `isBad`: it should not have been sent.
 * - `post`: goes to chat-ws; the next ones need not wait for its answer. `size`: its bytes, as they came.
 * - `ask`: goes to chat-ws, when all before it are answered; the next ones wait for its answer, because what they mean
 *   may depend on it.
 */
export type Step =
  | { do: 'nothing' }
  | { do: 'answer'; bytes: Buffer; isBad?: boolean; isLast?: boolean }
  | { do: 'post'; post: Post; size: number; encode: (answer: Answer) => Buffer }
  | { do: 'ask'; question: Question; reply: (answer: Answer) => Reply };

/** How a client is spoken with: bytes to steps, messages to bytes. It decides; the connection acts. */
export interface Dialogue {
  readonly format: Format;
  /** Takes the next bytes that came. */
  feed(chunk: Buffer): void;
  /** No more bytes will come. */
  end(): void;
  /** What the next line or frame comes to; undefined when there is none. */
  next(): Step | undefined;
  /** A message that the client has not asked for; undefined: it is not told in this format. */
  encode(message: ServerMessage): Buffer | undefined;
  /** What is said, before closing, to a client that has not logged in for so long; undefined: it may stay. */
  farewellWithoutLogin(): Buffer | undefined;
}

/** What a dialogue knows of the client's session. */
export interface Speaker {
  /** The client's name; undefined before it has logged in. */
  readonly name: string | undefined;
  readonly currentRoom: string | undefined;
  /** Whether the time to log in is over. */
  readonly isLate: boolean;
}
