import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { parseJson } from '@parley/common/contracts/parse-json';
import type { Outlet } from '@parley/common/fanout/outlet';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { Heartbeat } from '@parley/net/heartbeat';
import type { RawData, WebSocket } from 'ws';
import type { Chat } from '../chat.ts';
import { encodeJson } from '../encode.ts';
import { closeSession } from '../sessions/close-session.ts';
import { receive } from '../sessions/dispatch.ts';
import type { Peer } from '../sessions/peer.ts';
import type { Received, Session } from '../sessions/session.ts';
import type { Answers } from './answers.ts';
import { SocketWriter } from './socket-writer.ts';

/** A client with a WebSocket of its own: what its session sends to, and what its rooms' feeds write to. */
export class ClientConnection implements Peer, Outlet {
  readonly #chat: Chat;
  readonly #answers: Answers;
  readonly #ws: WebSocket;
  readonly #writer: SocketWriter;
  readonly #heartbeat: Heartbeat;
  readonly #session: Session;
  /** Not read from: because its inbox is long, and because it does not read what it has asked for. */
  #inboxFull = false;
  #outboxFull = false;

  constructor(ws: WebSocket, { chat, answers, address }: { chat: Chat; answers: Answers; address: string }) {
    this.#chat = chat;
    this.#answers = answers;
    this.#ws = ws;
    this.#writer = new SocketWriter(ws);
    this.#heartbeat = new Heartbeat(performance.now(), chat.settings);
    this.#session = chat.sessions.open({ peer: this, address, authBy: performance.now() + chat.settings.authMs });
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    ws.on('pong', () => this.#heartbeat.heard());
    ws.on('ping', () => this.#heartbeat.heard());
    ws.on('close', () => closeSession(chat, this.#session));
    ws.on('error', (err) => this.#onError(err));
  }

  get format(): 'json' {
    return 'json';
  }

  get outlet(): Outlet {
    return this;
  }

  get session(): Session {
    return this.#session;
  }

  send(message: ServerMessage): void {
    this.#answers.gather(this.#writer, encodeJson(message));
    if (!this.#outboxFull) this.#checkOutbox();
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

  close(code: number, reason: string): void {
    this.#session.end(code, reason);
  }

  pause(): void {
    this.#inboxFull = true;
    this.#ws.pause();
  }

  resume(): void {
    this.#inboxFull = false;
    if (!this.#outboxFull) this.#ws.resume();
  }

  pendingBytes(): number {
    return this.#writer.pendingBytes();
  }

  write(bytes: Buffer): void {
    this.#writer.write(bytes);
  }

  afterFlush(flushed: () => void): void {
    this.#writer.afterFlush(flushed);
  }

  gap(room: string, from: number, to: number): void {
    this.#writer.write(encodeJson({ type: 'gap', room, from, to }));
  }

  reset(room: string, epoch: string, head: number): void {
    this.#writer.write(encodeJson({ type: 'reset', room, epoch, head }));
  }

  /** To be called often: pings, and finds that the other end is dead. */
  beat(now: number): void {
    // While it is us who do not read, its silence says nothing.
    if (this.#inboxFull) this.#heartbeat.heard();
    switch (this.#heartbeat.check(now, this.#writer.bytesWritten(), this.#chat.settings)) {
      case 'ping':
        if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
        return;
      case 'dead':
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
    receive(this.#chat, this.#session, this.#read(data as Buffer, isBinary));
  }

  #read(data: Buffer, isBinary: boolean): Received {
    try {
      if (isBinary) throw new ParleyError('BAD_MESSAGE', 'This subprotocol has text messages only.');
      if (data.length > this.#chat.settings.messageBytes)
        throw new ParleyError('TOO_LARGE', 'The message is too large.');
      return { value: parseJson(data.toString()), bytes: data.length };
    } catch (thrown) {
      return { failure: toParleyError(thrown), bytes: 0 };
    }
  }

  /** A client that asks and does not read: it is read from again when it has taken what it has been sent. */
  #checkOutbox(): void {
    const taken = this.taken();
    if (taken === undefined) return;
    this.#outboxFull = true;
    this.#ws.pause();
    void taken.then(() => {
      this.#outboxFull = false;
      if (!this.#inboxFull) this.#ws.resume();
    });
  }

  /** `ws` closes the connection by itself after an error; this one ends, and no other. */
  #onError(err: Error): void {
    this.#chat.logger.debug({ err, peer: this.#session.address }, 'connection failed');
  }
}
