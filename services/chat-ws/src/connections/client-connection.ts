import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Outlet } from '@parley/common/fanout/outlet';
import { Heartbeat } from '@parley/net/heartbeat';
import type { RawData } from 'ws';
import type { Chat } from '../chat.ts';
import { binaryDialogue } from '../formats/binary-dialogue.ts';
import { type ClientFormat, formatOf } from '../formats/client-format.ts';
import type { Dialogue, DialogueClient } from '../formats/dialogue.ts';
import { jsonDialogue } from '../formats/json-dialogue.ts';
import { TextDialogue } from '../formats/text-dialogue.ts';
import { closeSession, loseSession } from '../sessions/close-session.ts';
import type { Peer } from '../sessions/peer.ts';
import type { Session } from '../sessions/session.ts';
import { issueTicket } from '../sessions/session-ticket.ts';
import type { Answers } from './answers.ts';
import { ClientOutlet } from './client-outlet.ts';
import { countFrameError } from './frame-error.ts';
import { hearControlFrames } from './hear-control-frames.ts';
import type { ServerWebSocket } from './server-web-socket.ts';

/** What `ws` gives as the code when there was no close frame (RFC 6455 §7.4.1). */
const abnormalClosure = 1006;

/** A client with a WebSocket of its own: what its session sends to. */
export class ClientConnection implements Peer, DialogueClient {
  readonly #chat: Chat;
  readonly #answers: Answers;
  readonly #ws: ServerWebSocket;
  readonly #writer: ClientOutlet;
  readonly #heartbeat: Heartbeat;
  readonly #session: Session;
  readonly #dialogue: Dialogue;
  /** Not read from: because its inbox is long, because it does not read what it has asked for, and for good. */
  #inboxFull = false;
  #outboxFull = false;
  #hasStopped = false;
  /** The heartbeat has found that nobody is there. */
  #isDead = false;

  constructor(ws: ServerWebSocket, { chat, answers, address }: { chat: Chat; answers: Answers; address: string }) {
    this.#chat = chat;
    this.#answers = answers;
    this.#ws = ws;
    this.#dialogue = this.#dialogueIn(formatOf(ws.protocol));
    this.#writer = new ClientOutlet(ws, this.#dialogue.format);
    this.#heartbeat = new Heartbeat(performance.now(), chat.settings);
    this.#session = chat.sessions.open({ peer: this, address, authBy: performance.now() + chat.settings.authMs });
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    hearControlFrames(ws, this.#heartbeat);
    ws.on('close', (code) => this.#onClose(code));
    ws.on('error', (err) => this.#onError(err));
  }

  get format(): ClientFormat {
    return this.#dialogue.format;
  }

  get chat(): Chat {
    return this.#chat;
  }

  get outlet(): Outlet {
    return this.#writer;
  }

  get session(): Session {
    return this.#session;
  }

  /** The client has shown an access token with its handshake. */
  login(token: string): void {
    this.#dialogue.login(token, this);
  }

  send(message: ServerMessage): void {
    this.#dialogue.tell(message, this);
  }

  answer(frames: Buffer): void {
    this.#answers.gather(this.#writer, frames);
    if (!this.#outboxFull) this.#checkOutbox();
  }

  done(): void {}

  withoutMe(): { outlet: Outlet } {
    return { outlet: this.#writer };
  }

  taken(): Promise<void> | undefined {
    return this.#writer.taken(this.#chat.settings.behindBytes);
  }

  end(code: number, reason: string): void {
    this.#chat.metrics.closed.inc({ code: String(code) });
    this.#writer.flush();
    // The client's own close frame is still to be read.
    this.#ws.resume();
    this.#ws.close(code, reason);
  }

  get sessions(): number {
    return 1;
  }

  get isLink(): boolean {
    return false;
  }

  drain(reconnectAfterMs: number): void {
    const { identity } = this.#session;
    const ticket = identity && issueTicket(this.#chat, this.#session, identity);
    this.#session.send({ type: 'drain', reconnectAfterMs, ticket });
  }

  close(code: number, reason: string): void {
    this.#session.end(code, reason);
  }

  pause(): void {
    this.#inboxFull = true;
    this.#ws.pause();
  }

  resume(): void {
    this.#inboxFull = false;
    this.readOrNot();
  }

  stopReading(): void {
    this.#hasStopped = true;
    this.#ws.pause();
  }

  readOrNot(): void {
    // The client's close frame is waited for.
    if (this.#session.ended) return;
    if (this.#hasStopped || this.#isFull || this.#outboxFull) this.#ws.pause();
    else this.#ws.resume();
  }

  /** Infinite once it is closing. */
  pendingBytes(): number {
    return this.#writer.pendingBytes();
  }

  /** To be called often: pings, and finds that the other end is dead. */
  beat(now: number): void {
    // While it is us who do not read, its silence says nothing; unless that is because it does not.
    if (this.#isFull && !this.#writer.isAwaited) this.#heartbeat.heard();
    switch (this.#heartbeat.check(now, this.#writer.traffic, this.#chat.settings)) {
      case 'ping':
        if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
        return;
      case 'dead':
        this.#isDead = true;
        this.#session.end(closeCodes.heartbeatLost, 'heartbeat lost');
        // Nobody will answer the close frame.
        this.#ws.terminate();
    }
  }

  terminate(): void {
    this.#ws.terminate();
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#heartbeat.heard();
    // What is still on its way from who is being closed is not worth reading.
    if (this.#session.ended) return;
    this.#dialogue.hear(data as Buffer, isBinary, this);
  }

  #dialogueIn(format: ClientFormat): Dialogue {
    if (format === 'text') return new TextDialogue(this);
    return format === 'binary' ? binaryDialogue : jsonDialogue;
  }

  /** It is us who do not read. */
  get #isFull(): boolean {
    return this.#inboxFull || this.#dialogue.isFull;
  }

  /** A client that asks and does not read: it is read from again when it has taken what it has been sent. */
  #checkOutbox(): void {
    const taken = this.taken();
    if (taken === undefined) return;
    this.#outboxFull = true;
    this.#ws.pause();
    void taken.then(() => {
      this.#outboxFull = false;
      this.readOrNot();
    });
  }

  /** Who says goodbye, or is sent away, has left; who is just gone may be back in a moment. */
  #onClose(code: number): void {
    const isLost = this.#isDead || (code === abnormalClosure && !this.#session.ended);
    (isLost ? loseSession : closeSession)(this.#chat, this.#session);
  }

  /** `ws` closes the connection by itself after an error; this one ends, and no other. */
  #onError(err: Error): void {
    countFrameError(err, this.#chat.metrics.closed);
    this.#chat.logger.debug({ err, peer: this.#session.address }, 'connection failed');
  }
}
