import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { type MessageId, messageIdOf } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { type ChatLinkMessage, type GatewayLinkMessage, parseGatewayLinkMessage } from '@parley/common/contracts/link';
import { parseJson } from '@parley/common/contracts/parse-json';
import type { Subscriber } from '@parley/common/fanout/subscriber';
import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import { Heartbeat } from '@parley/net/heartbeat';
import type { RawData } from 'ws';
import type { Chat } from '../chat.ts';
import type { Answers } from '../connections/answers.ts';
import { countFrameError } from '../connections/frame-error.ts';
import { hearControlFrames } from '../connections/hear-control-frames.ts';
import type { ServerWebSocket } from '../connections/server-web-socket.ts';
import { SocketWriter } from '../connections/socket-writer.ts';
import { encodeLink } from '../encode.ts';
import { checkCommandRate } from '../limits/session-rates.ts';
import { visibleRooms } from '../rooms/visible-rooms.ts';
import { closeSession, loseSession } from '../sessions/close-session.ts';
import { receive } from '../sessions/dispatch.ts';
import type { Session } from '../sessions/session.ts';
import { type LinkOutput, LinkSession } from './link-session.ts';
import { LinkWatches } from './link-watches.ts';

/** What `{t:'in', s, m}` and the key that the gateway gives a post add to a client's message. */
const envelopeBytes = 512;

/** A binary post is longer here than it was for its client: its content has become base64 (RFC 4648 §4). */
const base64Growth = 4 / 3;

/**
 * Bytes of a link's message at most, well above what the gateway lets its clients send, written anew as JSON: one that is longer would
 * end the link for everybody on it, where one that is only too large is answered to its session.
 */
export const maxLinkMessageBytes = 64 << 20;

/** A gateway's connection: many sessions, and each room's messages once for all of them. */
export class LinkConnection implements LinkOutput {
  readonly #chat: Chat;
  readonly #answers: Answers;
  readonly #ws: ServerWebSocket;
  readonly #writer: SocketWriter;
  readonly #heartbeat: Heartbeat;
  readonly #watches: LinkWatches;
  readonly #sessions = new Map<number, Session>();
  readonly #gateway: string;
  #ended = false;

  constructor(ws: ServerWebSocket, { chat, answers, gateway }: { chat: Chat; answers: Answers; gateway: string }) {
    this.#chat = chat;
    this.#answers = answers;
    this.#ws = ws;
    this.#gateway = gateway;
    this.#writer = new SocketWriter(ws);
    this.#heartbeat = new Heartbeat(performance.now(), chat.settings);
    this.#watches = new LinkWatches(chat.rooms, this);
    ws.on('message', (data) => this.#onMessage(data));
    hearControlFrames(ws, this.#heartbeat);
    ws.on('close', () => this.#onClose());
    ws.on('error', (err) => {
      countFrameError(err, chat.metrics.closed);
      chat.logger.warn({ err, gateway }, 'link failed');
    });
  }

  get format(): 'link' {
    return 'link';
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get isLink(): boolean {
    return true;
  }

  cursorIn(room: string): Pick<Subscriber, 'next' | 'state'> | undefined {
    return this.#watches.cursorIn(room);
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
    this.#writer.write(encodeLink({ t: 'gap', room, from, to }));
  }

  reset(room: string, epoch: string, head: number): void {
    this.#writer.write(encodeLink({ t: 'reset', room, epoch, head }));
  }

  out(s: number, m: ServerMessage): void {
    this.#send({ t: 'out', s, m });
  }

  done(s: number, re: MessageId): void {
    this.#send({ t: 'done', s, re });
  }

  closed(s: number, code: number, reason: string): void {
    this.#chat.metrics.closed.inc({ code: String(code) });
    this.#send({ t: 'closed', s, code, reason });
    this.#end(s);
  }

  taken(): Promise<void> | undefined {
    return this.#writer.taken(this.#chat.settings.behindBytes);
  }

  /** The sessions come one after the other: the link itself may move at once. */
  drain(perSecond: number): void {
    this.#send({ t: 'drain', reconnectAfterMs: 0, perSecond });
  }

  beat(now: number): void {
    switch (this.#heartbeat.check(now, this.#writer.traffic, this.#chat.settings)) {
      case 'ping':
        if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
        return;
      case 'dead':
        this.#chat.logger.warn({ gateway: this.#gateway, sessions: this.sessions }, 'link lost: no heartbeat');
        this.#ws.terminate();
    }
  }

  /** Ends the link, after what was sent; what still comes in is not looked at. */
  close(code: number, reason: string): void {
    this.#ended = true;
    this.#writer.flush();
    this.#ws.resume();
    this.#ws.close(code, reason);
  }

  stopReading(): void {
    this.#ws.pause();
  }

  terminate(): void {
    this.#ws.terminate();
  }

  #send(message: ChatLinkMessage): void {
    this.#answers.gather(this.#writer, encodeLink(message));
  }

  /** Both ends are Parley's: what cannot be read here is a fault, and the gateway begins again with a new link. */
  #onMessage(data: RawData): void {
    this.#heartbeat.heard();
    if (this.#ended) return;
    const bytes = data as Buffer;
    let message: GatewayLinkMessage;
    try {
      message = parseGatewayLinkMessage(parseJson(bytes.toString()));
    } catch (err) {
      // Without its cause, which would show a part of the message: there may be a token in it.
      const reason = toParleyError(err).publicMessage;
      this.#chat.logger.error({ reason, gateway: this.#gateway }, 'a link message cannot be read');
      this.close(closeCodes.policy, 'unreadable link message');
      return;
    }
    this.#take(message, bytes.length);
  }

  #take(message: GatewayLinkMessage, bytes: number): void {
    switch (message.t) {
      case 'in':
        this.#in(message.s, message.m, bytes);
        break;
      case 'open':
        this.#open(message.s, message.address);
        break;
      case 'end':
        this.#end(message.s, message.lost ? loseSession : closeSession);
        break;
      case 'unwatch':
        this.#watches.unwatch(message.room);
        break;
      case 'watch':
        void this.#watch(message);
        break;
      case 'read':
        void this.#read(message);
        break;
      case 'rooms':
        void this.#rooms(message);
    }
  }

  #open(s: number, address: string): void {
    const { sessions, metrics } = this.#chat;
    if (this.#sessions.has(s)) return;
    if (sessions.isFull(address)) {
      metrics.refusedConnections.inc({ reason: 'RATE_LIMITED' });
      metrics.limited.inc({ limit: 'connections_address' });
      this.closed(s, closeCodes.policy, 'too many connections from this address');
      return;
    }
    const peer = new LinkSession(this, s);
    this.#sessions.set(s, sessions.open({ peer, address, authBy: Number.POSITIVE_INFINITY }));
  }

  /** A message for a session that has just been ended here comes too late, and is nothing. */
  #in(s: number, m: unknown, bytes: number): void {
    const session = this.#sessions.get(s);
    if (session === undefined) return;
    const isTooLarge = bytes > this.#chat.settings.messageBytes * base64Growth + envelopeBytes;
    const failure = new ParleyError('TOO_LARGE', 'The message is too large.');
    receive(this.#chat, session, isTooLarge ? { failure, id: messageIdOf(m), bytes: 0 } : { value: m, bytes });
  }

  #end(s: number, close = closeSession): void {
    const session = this.#sessions.get(s);
    if (session === undefined) return;
    this.#sessions.delete(s);
    close(this.#chat, session);
  }

  async #watch(message: Extract<GatewayLinkMessage, { t: 'watch' }>): Promise<void> {
    try {
      await this.#watches.watch(message, ({ room, next, recovered }) => {
        const { feed, head } = room;
        this.#send({ t: 'watching', room: room.name, epoch: feed.epoch, head, next, recovered });
      });
    } catch (thrown) {
      this.#fail(message.room, thrown);
    }
  }

  async #read({ n, room, from, limit }: Extract<GatewayLinkMessage, { t: 'read' }>): Promise<void> {
    try {
      await this.taken();
      const { epoch, entries, oldest, head } = await this.#chat.log.read(room, from, limit);
      this.#send({ t: 'read', n, room, epoch, entries, oldest, head });
    } catch (thrown) {
      this.#fail(room, thrown, n);
    }
  }

  async #rooms({ n, s }: Extract<GatewayLinkMessage, { t: 'rooms' }>): Promise<void> {
    try {
      const session = this.#sessions.get(s);
      if (session?.identity === undefined) throw new ParleyError('UNAUTHENTICATED', 'Log in first.');
      checkCommandRate(this.#chat, session, performance.now());
      await this.taken();
      this.#send({ t: 'rooms', n, rooms: [...(await visibleRooms(this.#chat, session.identity, session.address))] });
    } catch (thrown) {
      this.#fail(undefined, thrown, n);
    }
  }

  #fail(room: string | undefined, thrown: unknown, n?: number): void {
    const failure = toParleyError(thrown);
    if (failure.code === 'INTERNAL') this.#chat.logger.error({ err: failure.cause, room }, 'a link command failed');
    this.#send({ t: 'failed', n, room, code: failure.code, message: failure.publicMessage });
  }

  /** The gateway attaches its sessions again over another link; here they are over. */
  #onClose(): void {
    this.#chat.logger.info({ gateway: this.#gateway, sessions: this.sessions }, 'link closed');
    for (const session of this.#sessions.values()) loseSession(this.#chat, session);
    this.#sessions.clear();
    this.#watches.close();
  }
}
