import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { AuthFailed } from '@parley/common/contracts/chat/auth';
import type { ErrorMessage } from '@parley/common/contracts/chat/error';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { Heartbeat } from '@parley/net/heartbeat';
import type { Format } from '../encoders.ts';
import { FrameDialogue } from '../frames/frame-dialogue.ts';
import { LineDialogue } from '../lines/line-dialogue.ts';
import { ChatSession } from '../sessions/chat-session.ts';
import type { Answer, Question } from '../sessions/question.ts';
import type { SessionClient } from '../sessions/session-context.ts';
import type { Peer } from './accept.ts';
import { AnswerSlots, type Slot } from './answer-slots.ts';
import { BadMessages } from './bad-messages.ts';
import type { ClientContext, ClientStart } from './client-context.ts';
import type { Dialogue, Reply, Speaker, Step } from './dialogue.ts';
import { SocketWriter } from './socket-writer.ts';
import { StepSource } from './step-source.ts';

/** Steps of one client in one turn of the event loop: whoever sends many small commands does not keep the others waiting. */
const stepsPerTurn = 128;

/**
 * One client: takes its commands one after the other, answers them in order, and gives it its rooms' messages.
 *
 * - open: commands are taken as long as the client reads its answers, and its earlier commands allow.
 * - closing: the last answer is known; no more commands. When all answers have been written → finished.
 * - finished: the writing half is closed; what still comes is thrown away, until the client has closed its half as well or
 *   its time is over.
 *
 * A client that has ended its writing half is still given what it has asked for, then closing.
 */
export class ClientConnection implements SessionClient, Speaker {
  readonly address: string;
  readonly format: Format;
  readonly #context: ClientContext;
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #writer: SocketWriter;
  readonly #slots: AnswerSlots;
  readonly #session: ChatSession;
  readonly #dialogue: Dialogue;
  readonly #steps: StepSource;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #bad: BadMessages;
  readonly #openedAt = performance.now();
  #state: 'open' | 'closing' | 'finished' = 'open';
  #isTaking = false;
  /** Bytes of posts whose answers have not come. */
  #unansweredBytes = 0;
  /** A question is under way whose answer decides how to go on. */
  #isAsking = false;
  /** It will be tried again to take steps: in the next turn, when the client has read, or when the link is clear. */
  #isWaiting = false;
  /** All that has come has been taken. */
  #isIdle = true;
  #isReading = false;
  /** When the client ended its writing half, and when this side did. */
  #endedAt: number | undefined;
  #finishedAt = 0;

  constructor(socket: Socket, { format, peer, bytes, greeting }: ClientStart, context: ClientContext) {
    this.address = peer.address;
    this.format = format;
    this.#peer = peer;
    this.#socket = socket;
    this.#context = context;
    this.#writer = new SocketWriter(socket);
    this.#slots = new AnswerSlots((answer) => this.#writer.write(answer));
    this.#session = new ChatSession(this, context.sessions);
    this.#dialogue =
      format === 'lines' ? new LineDialogue(this, context.settings) : new FrameDialogue(this, context.settings);
    this.#steps = new StepSource(this.#dialogue);
    this.#heartbeat = format === 'frames' ? new Heartbeat(this.#openedAt, context.heartbeat) : undefined;
    this.#bad = new BadMessages(context.settings.maxBadMessages);
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#onClose());
    if (greeting !== undefined) this.#writer.write(greeting);
    if (bytes !== undefined) this.#onData(bytes);
    this.#readOrNot();
  }

  get name(): string | undefined {
    return this.#session.user?.name;
  }

  get currentRoom(): string | undefined {
    return this.#session.seats.current;
  }

  get isLate(): boolean {
    return performance.now() - this.#openedAt >= this.#context.settings.loginMs;
  }

  pendingBytes(): number {
    return this.#writer.pendingBytes;
  }

  write(bytes: Buffer): void {
    this.#writer.write(bytes);
    if (this.#endedAt !== undefined) setImmediate(() => this.#finishIfDone());
  }

  afterFlush(flushed: () => void): void {
    this.#writer.afterFlush(flushed);
  }

  gap(room: string, from: number, to: number): void {
    this.push({ type: 'gap', room, from, to });
  }

  reset(room: string, epoch: string, head: number): void {
    this.push({ type: 'reset', room, epoch, head });
  }

  push(message: ServerMessage): void {
    const bytes = this.#dialogue.encode(message);
    if (bytes !== undefined) this.#writer.write(bytes);
  }

  dismiss(farewell: AuthFailed | ErrorMessage | undefined): void {
    this.#close(farewell && this.#dialogue.encode(farewell));
  }

  /** The service goes away: the client is told when to come back, and still gets the answers to what it has sent. */
  drain(reconnectAfterMs: number): void {
    if (this.#state !== 'open') return;
    this.push({ type: 'drain', reconnectAfterMs, ticket: this.#session.ticket });
    this.#close(undefined);
  }

  /** Ends the connection at once and resets it (RST): what was not sent is lost. */
  abort(): void {
    // Below TLS the connection cannot be reset from here.
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  /** To be called often: heartbeat, time-outs. */
  sweep(now: number): void {
    const { settings } = this.#context;
    if (this.#state === 'finished') {
      if (now - Math.max(this.#finishedAt, this.#writer.movedAt) >= settings.closeMs) this.#socket.destroy();
      return;
    }
    this.#session.sweep(now);
    if (this.#writer.stalledMs(now) >= settings.stalledMs) this.abort();
    else if (this.#endedAt !== undefined && now - this.#endedAt >= settings.halfClosedMs) this.#finish();
    else this.#finishIfDone();
    if (this.#state !== 'open') return;
    this.#checkLogin();
    this.#beat(now);
  }

  #onData(chunk: Buffer): void {
    this.#heartbeat?.heard();
    if (this.#state !== 'open') return;
    this.#steps.feed(chunk);
    this.#isIdle = false;
    this.#take();
  }

  #onEnd(): void {
    this.#endedAt = performance.now();
    this.#steps.end();
    this.#isIdle = false;
    this.#take();
  }

  #onClose(): void {
    this.#state = 'finished';
    this.#context.clients.delete(this);
    this.#session.close();
  }

  /** Takes as many steps as can be taken now. */
  #take(): void {
    // An answer may be there before the step that asked for it is over.
    if (this.#isTaking) return;
    this.#isTaking = true;
    for (let taken = 0; this.#canTake(); taken++) {
      if (taken === stepsPerTurn) {
        this.#wait((wake) => setImmediate(wake));
        break;
      }
      const step = this.#steps.next();
      this.#isIdle = step === undefined;
      if (step === undefined) break;
      if (!this.#do(step)) {
        this.#steps.putBack(step);
        break;
      }
    }
    this.#isTaking = false;
    this.#readOrNot();
    this.#finishIfDone();
  }

  #canTake(): boolean {
    if (this.#state !== 'open' || this.#isAsking || this.#isWaiting) return false;
    const { maxUnanswered, maxUnsentBytes } = this.#context.settings;
    if (this.#slots.size >= maxUnanswered) return false;
    if (this.#slots.heldBytes > maxUnsentBytes || this.#unansweredBytes > maxUnsentBytes) return false;
    if (this.#writer.pendingBytes > maxUnsentBytes) this.#wait((wake) => this.#writer.afterFlush(wake));
    else if (this.#session.isCongested) this.#wait((wake) => this.#session.onceClear(wake));
    return !this.#isWaiting;
  }

  #wait(until: (wake: () => void) => void): void {
    this.#isWaiting = true;
    until(() => {
      this.#isWaiting = false;
      this.#take();
    });
  }

  /** False when the step has to wait for the answers before it. */
  #do(step: Step): boolean {
    const { metrics } = this.#context;
    switch (step.do) {
      case 'nothing':
        return true;
      case 'answer':
        this.#answer(step);
        return true;
      case 'post': {
        metrics.posts.inc();
        const slot = this.#slots.open();
        this.#unansweredBytes += step.size;
        this.#session.ask(step.post, (answer) => {
          this.#unansweredBytes -= step.size;
          this.#slots.fill(slot, step.encode(answer));
          this.#take();
        });
        return true;
      }
      case 'ask':
        if (this.#slots.size > 0) return false;
        metrics.questions.inc();
        this.#isAsking = true;
        this.#ask(step.question, { slot: this.#slots.open(), reply: step.reply });
        return true;
    }
  }

  #answer({ bytes, isBad = false, isLast = false }: Extract<Step, { do: 'answer' }>): void {
    const { metrics } = this.#context;
    metrics.answered.inc();
    this.#slots.fill(this.#slots.open(), bytes);
    if (isBad) metrics.badMessages.inc();
    if (isLast || (isBad && this.#bad.add(performance.now()))) this.#close(undefined);
  }

  #ask(question: Question, { slot, reply }: { slot: Slot; reply: (answer: Answer) => Reply }): void {
    this.#session.ask(question, (answer) => {
      const told = reply(answer);
      if ('ask' in told) return this.#ask(told.ask, { slot, reply });
      this.#isAsking = false;
      this.#slots.fill(slot, told.bytes);
      // Behind the answer, so that nothing of the room comes before it.
      if (answer.type === 'joined' && question.type === 'join') this.#session.enter(answer, question.after);
      if (told.isLast) this.#close(undefined);
      this.#take();
    });
  }

  /** No more commands; `last` is said after the answers that are due. */
  #close(last: Buffer | undefined): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#steps.clear();
    if (last !== undefined) this.#slots.fill(this.#slots.open(), last);
    this.#readOrNot();
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.#state === 'finished' || this.#slots.size > 0 || this.#isAsking) return;
    const isServed = this.#endedAt !== undefined && this.#isIdle && this.#session.seats.isServed;
    if (this.#state === 'closing' || isServed) this.#finish();
  }

  #finish(): void {
    this.#state = 'finished';
    this.#finishedAt = performance.now();
    this.#session.close();
    this.#writer.end();
    this.#readOrNot();
  }

  /** Reads on when everything has been taken; a client that is not listened to any more is read to the end. */
  #readOrNot(): void {
    this.#isReading = this.#isIdle || this.#state !== 'open';
    // Said every time: a stream resumes by itself a moment after it has lost its last `readable` listener.
    if (this.#isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  #checkLogin(): void {
    if (this.name !== undefined || !this.isLate || this.#isAsking) return;
    const farewell = this.#dialogue.farewellWithoutLogin();
    if (farewell !== undefined) this.#close(farewell);
  }

  #beat(now: number): void {
    // Its silence says nothing while it is not read from.
    if (this.#heartbeat === undefined || !this.#isReading) return;
    switch (this.#heartbeat.check(now, this.#socket.bytesWritten, this.#context.heartbeat)) {
      case 'ping':
        this.push({ type: 'ping' });
        return;
      case 'dead':
        this.#context.log.info({ peer: this.#peer }, 'a client is silent');
        this.abort();
    }
  }
}
