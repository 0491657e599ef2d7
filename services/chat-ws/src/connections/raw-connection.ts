import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { encodeServerFrame, wsOpcodes } from '@parley/common/wire/ws-frame';
import { Heartbeat } from '@parley/net/heartbeat';
import type { RawData } from 'ws';
import type { Chat } from '../chat.ts';
import type { Answers } from './answers.ts';
import { countFrameError } from './frame-error.ts';
import { hearControlFrames } from './hear-control-frames.ts';
import type { ServerWebSocket } from './server-web-socket.ts';
import { SocketWriter } from './socket-writer.ts';

/** What a path without rooms does with its connections. */
export interface RawPath {
  opened?(connection: RawConnection): void;
  /** `frame`: the message that came in, as a server sends it. */
  received(connection: RawConnection, frame: Buffer): void;
  closed?(connection: RawConnection): void;
}

export type RawConnectionOptions = { chat: Chat; answers: Answers; address: string; path: RawPath };

/** A client of `/echo` or `/broadcast`: it has no session and no rooms, and sends what it likes, text or binary. */
export class RawConnection {
  readonly #chat: Chat;
  readonly #answers: Answers;
  readonly #ws: ServerWebSocket;
  readonly #writer: SocketWriter;
  readonly #heartbeat: Heartbeat;
  readonly #path: RawPath;
  /** Nothing that comes in is looked at any more. */
  #ended = false;
  #outboxFull = false;

  constructor(ws: ServerWebSocket, { chat, answers, address, path }: RawConnectionOptions) {
    this.#chat = chat;
    this.#answers = answers;
    this.#ws = ws;
    this.#path = path;
    this.#writer = new SocketWriter(ws);
    this.#heartbeat = new Heartbeat(performance.now(), chat.settings);
    const leave = chat.sessions.countAddress(address);
    ws.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    hearControlFrames(ws, this.#heartbeat);
    ws.on('close', () => {
      leave();
      path.closed?.(this);
    });
    ws.on('error', (err) => {
      countFrameError(err, chat.metrics.closed);
      chat.logger.debug({ err, peer: address }, 'connection failed');
    });
    path.opened?.(this);
  }

  /** A frame that goes out with this turn's others. */
  send(frame: Buffer): void {
    this.#answers.gather(this.#writer, frame);
  }

  /** What is more than a connection may have unsent is this client's own fault: it is not read from until it has taken it. */
  waitUntilTaken(): void {
    if (this.#outboxFull) return;
    const taken = this.#writer.taken(this.#chat.settings.behindBytes);
    if (taken === undefined) return;
    this.#outboxFull = true;
    this.#ws.pause();
    void taken.then(() => {
      this.#outboxFull = false;
      if (!this.#ended) this.#ws.resume();
    });
  }

  /** Infinite once it is closing. */
  pendingBytes(): number {
    return this.#writer.pendingBytes();
  }

  get sessions(): number {
    return 1;
  }

  get isLink(): boolean {
    return false;
  }

  /** It has no messages of ours: the close frame tells it. */
  drain(): void {}

  /** What has come in is not worked off any more; the connection is about to be closed. */
  stopReading(): void {
    this.#ended = true;
    this.#ws.pause();
  }

  /** Closes, after what was sent. */
  close(code: number, reason: string): void {
    this.#ended = true;
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    this.#chat.metrics.closed.inc({ code: String(code) });
    this.#writer.flush();
    // The client's own close frame is still to be read.
    this.#ws.resume();
    this.#ws.close(code, reason);
  }

  terminate(): void {
    this.#ws.terminate();
  }

  /** To be called often: pings, and finds that the other end is dead. */
  beat(now: number): void {
    switch (this.#heartbeat.check(now, this.#writer.traffic, this.#chat.settings)) {
      case 'ping':
        if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
        return;
      case 'dead':
        this.close(closeCodes.heartbeatLost, 'heartbeat lost');
        // Nobody will answer the close frame.
        this.#ws.terminate();
    }
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    this.#heartbeat.heard();
    if (this.#ended) return;
    this.#path.received(this, encodeServerFrame(isBinary ? wsOpcodes.binary : wsOpcodes.text, data as Buffer));
  }
}
