import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { LineSteps } from '@parley/common/dialogue/line-steps';
import type { Speaker, Step } from '@parley/common/dialogue/step';
import { type Line, LineDecoder } from '@parley/common/wire/lines';
import { resumeLine } from '@parley/common/wire/text-commands';
import type { Dialogue } from '../clients/dialogue.ts';
import { InputQueue } from '../clients/input-queue.ts';
import { HttpGuard, httpRefusal } from './http-guard.ts';

/** Said to a client that stays silent. */
export const greeting = Buffer.from(
  'PARLEY 1 Type NAME and a name to come in as a guest, then JOIN and a room; HELP lists all commands.\n',
);

/** Speaks lines: one command a line, one answer a command. */
export class LineDialogue implements Dialogue {
  readonly format = 'lines';
  readonly #steps: LineSteps;
  readonly #decoder: LineDecoder;
  readonly #lines = new InputQueue<Line>();
  readonly #guard = new HttpGuard();

  constructor(speaker: Speaker, { maxLineBytes }: { maxLineBytes: number }) {
    this.#steps = new LineSteps(speaker, (lines) => Buffer.from(lines));
    this.#decoder = new LineDecoder({ maxBytes: maxLineBytes, exception: resumeLine });
  }

  feed(chunk: Buffer): void {
    this.#lines.push(this.#decoder.feed(chunk));
  }

  end(): void {
    this.#lines.push(this.#decoder.end());
  }

  next(): Step | undefined {
    const line = this.#lines.take();
    if (line === undefined) return undefined;
    if (this.#guard.isHttp(line)) return { do: 'answer', bytes: httpRefusal, isBad: true, isLast: true };
    return this.#steps.stepFor(line);
  }

  encode(message: ServerMessage): Buffer | undefined {
    return this.#steps.encode(message);
  }

  /** Who does not log in may stay: HELLO, PING, HELP, QUIT and echo cost nothing. */
  farewellWithoutLogin(): undefined {
    return undefined;
  }
}
