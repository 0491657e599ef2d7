import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { AuthFailed } from '@parley/common/contracts/chat/auth';
import type { ErrorMessage } from '@parley/common/contracts/chat/error';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { Conversation, type ConversationHost, type Obstacle } from '@parley/common/dialogue/conversation';
import type { Answer, Question } from '@parley/common/dialogue/question';
import type { Speaker, Step } from '@parley/common/dialogue/step';
import { Heartbeat } from '@parley/net/heartbeat';
import type { Peer } from '@parley/net/peer';
import type { Format } from '../encoders.ts';
import { FrameDialogue } from '../frames/frame-dialogue.ts';
import { LineDialogue } from '../lines/line-dialogue.ts';
import { ChatSession } from '../sessions/chat-session.ts';
import type { SessionClient } from '../sessions/session-context.ts';
import { BadMessages } from './bad-messages.ts';
import type { ClientContext, ClientStart } from './client-context.ts';
import type { Dialogue } from './dialogue.ts';
import { SocketWriter } from './socket-writer.ts';
import { StepSource } from './step-source.ts';

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
export class ClientConnection implements SessionClient, Speaker, ConversationHost {
  readonly address: string;
  readonly format: Format;
  readonly #context: ClientContext;
  readonly #socket: Socket;
  readonly #peer: Peer;
  readonly #writer: SocketWriter;
  readonly #conversation: Conversation;
  readonly #session: ChatSession;
  readonly #dialogue: Dialogue;
  readonly #steps: StepSource;
  readonly #heartbeat: Heartbeat | undefined;
  readonly #bad: BadMessages;
  readonly #openedAt = performance.now();
  #state: 'open' | 'closing' | 'finished' = 'open';
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
    const { maxUnanswered, maxUnsentBytes } = context.settings;
    this.#conversation = new Conversation(this, { maxUnanswered, maxBytes: maxUnsentBytes });
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

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  next(): Step | undefined {
    return this.#steps.next();
  }

  putBack(step: Step): void {
    this.#steps.putBack(step);
  }

  obstacle(): Obstacle | undefined {
    if (this.#writer.pendingBytes > this.#context.settings.maxUnsentBytes)
      return (wake) => this.#writer.afterFlush(wake);
    return this.#session.isCongested ? (wake) => this.#session.onceClear(wake) : undefined;
  }

  ask(question: Question, answered: (answer: Answer) => void): void {
    const { posts, questions } = this.#context.metrics;
    if (question.type === 'post') posts.inc();
    else questions.inc();
    this.#session.ask(question, answered);
  }

  onAnswered({ isBad = false, isLast = false }: Extract<Step, { do: 'answer' }>): void {
    const { metrics } = this.#context;
    metrics.answered.inc();
    if (isBad) metrics.badMessages.inc();
    if (isLast || (isBad && this.#bad.add(performance.now()))) this.#close(undefined);
  }

  /** Behind the answer, so that nothing of the room comes before it. */
  onReplied(question: Question, answer: Answer, isLast: boolean): void {
    if (answer.type === 'joined' && question.type === 'join') this.#session.enter(answer, question.after);
    if (isLast) this.#close(undefined);
  }

  onRest(): void {
    this.#readOrNot();
    this.#finishIfDone();
  }

  #onData(chunk: Buffer): void {
    this.#heartbeat?.heard();
    if (this.#state !== 'open') return;
    this.#steps.feed(chunk);
    this.#conversation.heard();
  }

  #onEnd(): void {
    this.#endedAt = performance.now();
    this.#steps.end();
    this.#conversation.heard();
  }

  #onClose(): void {
    // Neither end has said that it would end: it was reset, or nobody is there any more.
    const isLost = this.#state === 'open' && this.#endedAt === undefined;
    this.#state = 'finished';
    this.#context.clients.delete(this);
    this.#session.close(isLost);
  }

  /** No more commands; `last` is said after the answers that are due. */
  #close(last: Buffer | undefined): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#steps.clear();
    if (last !== undefined) this.#conversation.say(last);
    this.#readOrNot();
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (this.#state === 'finished' || !this.#conversation.isAnswered) return;
    const isServed = this.#endedAt !== undefined && this.#conversation.isIdle && this.#session.seats.isServed;
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
    this.#isReading = this.#conversation.isIdle || this.#state !== 'open';
    // Said every time: a stream resumes by itself a moment after it has lost its last `readable` listener.
    if (this.#isReading) this.#socket.resume();
    else this.#socket.pause();
  }

  #checkLogin(): void {
    if (this.name !== undefined || !this.isLate || this.#conversation.isAsking) return;
    const farewell = this.#dialogue.farewellWithoutLogin();
    if (farewell !== undefined) this.#close(farewell);
  }

  #beat(now: number): void {
    if (this.#heartbeat === undefined) return;
    // Its silence says nothing while it is not read from, nor until it has been read from again.
    if (!this.#isReading) {
      this.#heartbeat.heard();
      return;
    }
    switch (this.#heartbeat.check(now, this.#socket, this.#context.heartbeat)) {
      case 'ping':
        this.push({ type: 'ping' });
        return;
      case 'dead':
        this.#context.log.info({ peer: this.#peer }, 'a client is silent');
        this.abort();
    }
  }
}
