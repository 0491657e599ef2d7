import type { ClientMessage } from '@parley/common/contracts/chat/client-message';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { errorMessageOf } from '@parley/common/contracts/chat/error';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { Conversation, type ConversationHost, type Obstacle } from '@parley/common/dialogue/conversation';
import { LineSteps } from '@parley/common/dialogue/line-steps';
import type { Answer, Question } from '@parley/common/dialogue/question';
import type { Speaker, Step } from '@parley/common/dialogue/step';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { messageLines } from '@parley/common/wire/message-lines';
import { resumeLine } from '@parley/common/wire/text-commands';
import { encodeLines } from '../encode.ts';
import { checkCommandRate } from '../limits/session-rates.ts';
import { visibleRooms } from '../rooms/visible-rooms.ts';
import { isOneBadTooMany, receive } from '../sessions/dispatch.ts';
import { checkInbox } from '../sessions/inbox.ts';
import type { Dialogue, DialogueClient } from './dialogue.ts';

/** Commands of a client that may be under way. */
const maxUnanswered = 64;

/**
 * `parley.text.v1`: lines, answered in the order in which they came. What a line asks for is handed to the session like any other
 * message, with a number as its `id`, by which the answer finds its place.
 */
export class TextDialogue implements Dialogue, Speaker, ConversationHost {
  readonly format = 'text';
  /** Who does not log in in time is closed. */
  readonly isLate = false;
  readonly #client: DialogueClient;
  readonly #steps: LineSteps;
  readonly #conversation: Conversation;
  /** What came and has not been taken: messages whose lines have not been looked at, and steps. */
  readonly #input: (Buffer | Step)[] = [];
  #inputBytes = 0;
  /** The rest of the message whose lines are being taken. */
  #lines: ReturnType<typeof messageLines> | undefined;
  #returned: Step | undefined;
  readonly #questions = new Map<number, (answer: Answer) => void>();
  #numbers = 0;
  /** In the order in which they were joined last. */
  #rooms: readonly string[] = [];
  /** How the connection ends when all that was taken is answered. */
  #farewell: { code: number; reason: string } | undefined;

  constructor(client: DialogueClient) {
    this.#client = client;
    this.#steps = new LineSteps(this, encodeLines);
    this.#conversation = new Conversation(this, { maxUnanswered, maxBytes: client.chat.settings.behindBytes });
  }

  get name(): string | undefined {
    return this.#client.session.identity?.user.name;
  }

  get currentRoom(): string | undefined {
    return this.#rooms.at(-1);
  }

  get isOpen(): boolean {
    return this.#farewell === undefined && !this.#client.session.ended;
  }

  get isFull(): boolean {
    return this.isOpen && !this.#conversation.isIdle;
  }

  hear(data: Buffer, isBinary: boolean): void {
    if (!this.isOpen) return;
    try {
      this.#checkInput(data, isBinary);
      this.#input.push(data);
      this.#inputBytes += data.length;
    } catch (thrown) {
      this.#input.push(this.#steps.failure(thrown));
    }
    this.#conversation.heard();
  }

  login(token: string): void {
    this.#input.push(this.#steps.stepFor({ text: `AUTH ${token}` }));
    this.#conversation.heard();
  }

  tell(message: ServerMessage): void {
    if (message.type === 'joined') this.#rooms = [...this.#roomsBut(message.room), message.room];
    if (message.type === 'left') this.#rooms = this.#roomsBut(message.room);
    const number = 're' in message && typeof message.re === 'number' ? message.re : 0;
    const answered = this.#questions.get(number);
    this.#questions.delete(number);
    if (answered !== undefined) {
      answered(message);
      return;
    }
    const frames = this.#steps.encode(message);
    if (frames !== undefined) this.write(frames);
  }

  next(): Step | undefined {
    const returned = this.#returned;
    this.#returned = undefined;
    if (returned !== undefined) return returned;
    for (;;) {
      const line = this.#lines?.next();
      if (line?.done === false) return this.#withinRate(this.#steps.stepFor(line.value));
      const input = this.#input.shift();
      this.#lines = undefined;
      if (input === undefined || !Buffer.isBuffer(input)) return input;
      this.#inputBytes -= input.length;
      this.#lines = messageLines(input, { maxBytes: this.#client.chat.settings.lineBytes, exception: resumeLine });
    }
  }

  putBack(step: Step): void {
    this.#returned = step;
  }

  /** A client that asks and does not read. */
  obstacle(): Obstacle | undefined {
    const taken = this.#client.taken();
    return taken === undefined ? undefined : (wake) => void taken.then(wake);
  }

  write(frames: Buffer): void {
    if (!this.#client.session.ended) this.#client.answer(frames);
  }

  ask(question: Question, answered: (answer: Answer) => void): void {
    const { chat, session } = this.#client;
    if (question.type === 'rooms') {
      visibleRooms(chat, session.identity!, session.address).then(
        (rooms) => answered({ type: 'rooms', rooms }),
        (thrown) => answered(errorMessageOf(toParleyError(thrown))),
      );
      return;
    }
    this.#numbers += 1;
    this.#questions.set(this.#numbers, answered);
    const bytes = question.type === 'post' ? (question.text?.length ?? 0) : 0;
    receive(chat, session, { message: { ...question, id: this.#numbers } as ClientMessage, bytes });
  }

  onAnswered({ isBad = false, isLast = false }: Extract<Step, { do: 'answer' }>): void {
    const { chat, session } = this.#client;
    if (isLast) this.#farewell = { code: closeCodes.normal, reason: 'bye' };
    else if (isBad && isOneBadTooMany(chat, session))
      this.#farewell = { code: closeCodes.tooManyBadMessages, reason: 'too many bad messages' };
  }

  /** A login that has failed has ended the session already. */
  onReplied(): void {}

  onRest(): void {
    if (this.#farewell !== undefined && this.#conversation.isAnswered)
      this.#client.session.end(this.#farewell.code, this.#farewell.reason);
    this.#client.readOrNot();
  }

  #checkInput({ length }: Buffer, isBinary: boolean): void {
    const { chat } = this.#client;
    if (isBinary) throw new ParleyError('BAD_MESSAGE', 'This subprotocol has text messages only.');
    if (length > chat.settings.messageBytes) throw new ParleyError('TOO_LARGE', 'The message is too large.');
    checkInbox(chat, { count: this.#input.length, bytes: this.#inputBytes });
  }

  #roomsBut(room: string): string[] {
    return this.#rooms.filter((other) => other !== room);
  }

  /** What is answered here is a command as well; the session counts what it is given, and bad lines are counted as such. */
  #withinRate(step: Step): Step {
    const isHere =
      step.do === 'answer' ? !step.isBad && !step.isLast : step.do === 'ask' && step.question.type === 'rooms';
    if (!isHere) return step;
    try {
      checkCommandRate(this.#client.chat, this.#client.session, performance.now());
      return step;
    } catch (thrown) {
      return this.#steps.failure(thrown);
    }
  }
}
