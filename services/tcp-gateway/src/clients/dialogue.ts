import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Step } from '@parley/common/dialogue/step';
import type { Format } from '../encoders.ts';

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
