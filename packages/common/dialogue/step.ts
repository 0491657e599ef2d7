import type { Post } from '../contracts/chat/post.ts';
import type { Answer, Question } from './question.ts';

/** What the client is answered (undefined: nothing); `isLast`: and then the connection is closed. Or what has to be asked first. */
export type Reply = { bytes: Buffer | undefined; isLast?: boolean } | { ask: Question };

/**
 * What one line or frame comes to.
 *
 * - `nothing`: it needs no answer.
 * - `answer`: it is answered here and now. `isBad`: it should not have been sent.
 * - `post`: is handed on; the next ones need not wait for its answer. `size`: its bytes, as they came.
 * - `ask`: is handed on, when all before it are answered; the next ones wait for its answer, because what they mean may
 *   depend on it.
 */
export type Step =
  | { do: 'nothing' }
  | { do: 'answer'; bytes: Buffer; isBad?: boolean; isLast?: boolean }
  | { do: 'post'; post: Post; size: number; encode: (answer: Answer) => Buffer }
  | { do: 'ask'; question: Question; reply: (answer: Answer) => Reply };

/** What has to be known of a client to understand it. */
export interface Speaker {
  /** The client's name; undefined before it has logged in. */
  readonly name: string | undefined;
  /** The room joined last and not left since. */
  readonly currentRoom: string | undefined;
  /** Whether the time to log in is over. */
  readonly isLate: boolean;
}
