import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { errorMessageOf } from '@parley/common/contracts/chat/error';
import type { MessageId } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Answer } from '@parley/common/dialogue/question';
import type { Reply, Speaker, Step } from '@parley/common/dialogue/step';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { decodeClientPayload, payloadId } from '@parley/common/wire/binary';
import { type Frame, FrameDecoder } from '@parley/common/wire/frames';
import type { Dialogue } from '../clients/dialogue.ts';
import { InputQueue } from '../clients/input-queue.ts';
import { encodeJsonFrame } from '../encoders.ts';

export type FrameLimits = { maxFrameBytes: number; heartbeatMs: number };

/** Speaks frames: a chat message in each, as JSON or binary; answers carry the id of what they answer. */
export class FrameDialogue implements Dialogue {
  readonly format = 'frames';
  readonly #speaker: Speaker;
  readonly #limits: FrameLimits;
  readonly #decoder: FrameDecoder;
  readonly #frames = new InputQueue<Frame>();

  constructor(speaker: Speaker, limits: FrameLimits) {
    this.#speaker = speaker;
    this.#limits = limits;
    this.#decoder = new FrameDecoder({ maxBytes: limits.maxFrameBytes });
  }

  feed(chunk: Buffer): void {
    this.#frames.push(this.#decoder.feed(chunk));
  }

  /** A frame that was cut off is no frame. */
  end(): void {}

  next(): Step | undefined {
    const frame = this.#frames.take();
    if (frame === undefined) return undefined;
    if ('tooLarge' in frame) return { ...this.#failure(tooLarge(frame, this.#limits)), isLast: true };
    try {
      return this.#stepFor(decodeClientPayload(frame.payload), frame.payload.length);
    } catch (thrown) {
      return this.#failure(thrown, payloadId(frame.payload));
    }
  }

  encode(message: ServerMessage): Buffer {
    return encodeJsonFrame(message);
  }

  farewellWithoutLogin(): Buffer {
    return this.encode(errorMessageOf(new ParleyError('UNAUTHENTICATED', 'There was no login in time.')));
  }

  #stepFor(message: ClientMessage, size: number): Step {
    switch (message.type) {
      case 'pong':
        return { do: 'nothing' };
      case 'ping':
        return { do: 'answer', bytes: this.#encodeAnswer({ type: 'pong' }, message.id) };
      case 'auth':
        return this.#ask(message, message.id);
    }
    if (this.#speaker.name === undefined) {
      const failure = new ParleyError('UNAUTHENTICATED', 'Say who you are first: {"type":"auth", …}.');
      return this.#failure(failure, message.id);
    }
    if (message.type !== 'post') return this.#ask(message, message.id);
    return { do: 'post', post: message, size, encode: (given) => this.#encodeAnswer(given, message.id) };
  }

  #ask(question: ClientMessage, id: MessageId | undefined): Step {
    const reply = (given: Answer): Reply => ({
      bytes: given.type === 'done' ? undefined : this.#encodeAnswer(given, id),
      isLast: given.type === 'auth_failed',
    });
    return { do: 'ask', question, reply };
  }

  #failure(thrown: unknown, id?: MessageId): Step & { do: 'answer' } {
    return { do: 'answer', bytes: this.encode(errorMessageOf(toParleyError(thrown), id)), isBad: true };
  }

  /** `re` has been the gateway's own number on the link. */
  #encodeAnswer(given: Answer, id: MessageId | undefined): Buffer {
    const { re: _number, ...answer } = given as Extract<Answer, { re?: MessageId }>;
    const told = answer.type === 'auth_success' ? { ...answer, ...this.#ownLimits(answer) } : answer;
    return encodeJsonFrame(id === undefined ? told : { ...told, re: id });
  }

  /** What holds for this connection, which chat-ws does not know. */
  #ownLimits({ limits }: Pick<Extract<Answer, { type: 'auth_success' }>, 'limits'>) {
    const messageBytes = Math.min(limits.messageBytes, this.#limits.maxFrameBytes);
    return { heartbeatMs: this.#limits.heartbeatMs, limits: { ...limits, messageBytes } };
  }
}

function tooLarge({ tooLarge }: { tooLarge: number }, { maxFrameBytes }: FrameLimits): ParleyError {
  return new ParleyError('TOO_LARGE', `A frame has at most ${maxFrameBytes} bytes; this one would have ${tooLarge}.`);
}
