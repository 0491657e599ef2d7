import { AnswerSlots, type Slot } from './answer-slots.ts';
import type { Answer, Question } from './question.ts';
import type { Reply, Step } from './step.ts';

/** Steps of one client in one turn of the event loop: whoever sends many small commands does not keep the others waiting. */
const stepsPerTurn = 128;

/** Calls back once, when what stood in the way does not any more. */
export type Obstacle = (wake: () => void) => void;

/** The connection that a conversation is held over, and who answers its questions. */
export interface ConversationHost {
  /** Whether more commands are taken. */
  readonly isOpen: boolean;
  /** What the next command comes to; undefined when there is none. */
  next(): Step | undefined;
  /** The step has to wait: `next` gives it again. */
  putBack(step: Step): void;
  /** What has to be over before more is taken; undefined when nothing is in the way. */
  obstacle(): Obstacle | undefined;
  /** Answers leave, in the order of the commands. */
  write(bytes: Buffer): void;
  /** `answered` is called once, unless the client goes before. */
  ask(question: Question, answered: (answer: Answer) => void): void;
  /** A command has been answered here. */
  onAnswered(step: Extract<Step, { do: 'answer' }>): void;
  /** A question has been answered, and the client has been told. */
  onReplied(question: Question, answer: Answer, isLast: boolean): void;
  /** For now, no more can be taken. */
  onRest(): void;
}

export type ConversationLimits = {
  /** Commands without an answer above which no more are taken. */
  maxUnanswered: number;
  /** The same in bytes of posts, and in bytes of answers that wait for an earlier one. */
  maxBytes: number;
};

/**
 * Takes a client's commands one after the other as far as the earlier ones allow, hands on what it cannot answer itself, and gives the
 * answers in order. A question waits for all before it, and all behind it wait for its answer; posts do not wait for each other.
 */
export class Conversation {
  readonly #host: ConversationHost;
  readonly #limits: ConversationLimits;
  readonly #slots: AnswerSlots;
  #isTaking = false;
  /** Bytes of posts whose answers have not come. */
  #unansweredBytes = 0;
  #isAsking = false;
  /** It will be tried again to take steps: in the next turn, or when the obstacle is gone. */
  #isWaiting = false;
  /** All that has come has been taken. */
  #isIdle = true;

  constructor(host: ConversationHost, limits: ConversationLimits) {
    this.#host = host;
    this.#limits = limits;
    this.#slots = new AnswerSlots((answer) => host.write(answer));
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  /** A question is under way whose answer decides how to go on. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /** Whether every command that was taken has been answered. */
  get isAnswered(): boolean {
    return this.#slots.size === 0 && !this.#isAsking;
  }

  /** Something has come. */
  heard(): void {
    this.#isIdle = false;
    this.take();
  }

  /** Said when all that was taken is answered, before anything that is taken later. */
  say(bytes: Buffer): void {
    this.#slots.fill(this.#slots.open(), bytes);
  }

  /** Takes as many steps as can be taken now. */
  take(): void {
    // An answer may be there before the step that asked for it is over.
    if (this.#isTaking) return;
    this.#isTaking = true;
    for (let taken = 0; this.#canTake(); taken++) {
      if (taken === stepsPerTurn) {
        this.#wait((wake) => setImmediate(wake));
        break;
      }
      const step = this.#host.next();
      this.#isIdle = step === undefined;
      if (step === undefined) break;
      if (!this.#do(step)) {
        this.#host.putBack(step);
        break;
      }
    }
    this.#isTaking = false;
    this.#host.onRest();
  }

  #canTake(): boolean {
    if (!this.#host.isOpen || this.#isAsking || this.#isWaiting) return false;
    const { maxUnanswered, maxBytes } = this.#limits;
    if (this.#slots.size >= maxUnanswered) return false;
    if (this.#slots.heldBytes > maxBytes || this.#unansweredBytes > maxBytes) return false;
    const obstacle = this.#host.obstacle();
    if (obstacle !== undefined) this.#wait(obstacle);
    return !this.#isWaiting;
  }

  #wait(until: Obstacle): void {
    this.#isWaiting = true;
    until(() => {
      this.#isWaiting = false;
      this.take();
    });
  }

  /** False when the step has to wait for the answers before it. */
  #do(step: Step): boolean {
    switch (step.do) {
      case 'nothing':
        return true;
      case 'answer':
        this.say(step.bytes);
        this.#host.onAnswered(step);
        return true;
      case 'post': {
        const slot = this.#slots.open();
        this.#unansweredBytes += step.size;
        this.#host.ask(step.post, (answer) => {
          this.#unansweredBytes -= step.size;
          this.#slots.fill(slot, step.encode(answer));
          this.take();
        });
        return true;
      }
      case 'ask':
        if (this.#slots.size > 0) return false;
        this.#isAsking = true;
        this.#ask(step.question, { slot: this.#slots.open(), reply: step.reply });
        return true;
    }
  }

  #ask(question: Question, { slot, reply }: { slot: Slot; reply: (answer: Answer) => Reply }): void {
    this.#host.ask(question, (answer) => {
      const told = reply(answer);
      if ('ask' in told) return this.#ask(told.ask, { slot, reply });
      this.#isAsking = false;
      this.#slots.fill(slot, told.bytes);
      this.#host.onReplied(question, answer, told.isLast ?? false);
      this.take();
    });
  }
}
