import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { errorMessageOf } from '@parley/common/contracts/chat/error';
import { type MessageId, messageIdOf } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { binaryTypes, decodeClientPayload } from '@parley/common/wire/binary';
import { type Frame, FrameDecoder } from '@parley/common/wire/frames';
import type { Dialogue, Reply, Speaker, Step } from '../clients/dialogue.ts';
import { InputQueue } from '../clients/input-queue.ts';
import { encodeJsonFrame } from '../encoders.ts';
import type { Answer } from '../sessions/question.ts';

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
      return this.#failure(thrown, idIn(frame.payload));
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
      bytes: this.#encodeAnswer(given, id),
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

/** The id of a message that is no good otherwise, where one can be found. */
function idIn(payload: Buffer): MessageId | undefined {
  const [type] = payload;
  if (type === binaryTypes.post) return payload.length < 5 ? undefined : payload.readUInt32BE(1);
  try {
    return messageIdOf(JSON.parse(payload.toString('utf8', type === binaryTypes.json ? 1 : 0)));
  } catch {
    return undefined;
  }
}
