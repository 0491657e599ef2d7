import type { Socket } from 'node:net';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import type { MessageId } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { type ChatLinkMessage, type GatewayLinkMessage, parseChatLinkMessage } from '@parley/common/contracts/link';
import type { LogEntry } from '@parley/common/contracts/log-entry';
import { parseJson } from '@parley/common/contracts/parse-json';
import type { Fanout } from '@parley/common/fanout/fanout';
import type { Outlet } from '@parley/common/fanout/outlet';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import { type Backoff, backoffMs } from '@parley/net/backoff';
import { Heartbeat, type HeartbeatLimits } from '@parley/net/heartbeat';
import type { RawData, WebSocket } from 'ws';
import { LinkQuestions } from './link-questions.ts';
import { LinkRooms } from './link-rooms.ts';

/** A client of the gateway, as its link sees it. */
export interface LinkedSession {
  readonly address: string;
  /** Where its rooms' messages are written to. */
  readonly outlet: Outlet;
  /** An answer (with `re`) or a personal push. */
  out(message: ServerMessage): void;
  /** A command that clients get no answer to has been worked off. */
  done(re: MessageId): void;
  /** chat-ws has ended the session; `code` is a WebSocket close code. */
  closed(code: number, reason: string): void;
  /** The link is gone, and what was not answered will not be. */
  lost(): void;
}

export type LinkOptions = {
  heartbeat: HeartbeatLimits;
  fanout: Fanout<LogEntry>;
  log: Logger;
  retry: Backoff;
  answerMs: number;
  unsentBytes: number;
};

type Of<T extends ChatLinkMessage['t']> = Extract<ChatLinkMessage, { t: T }>;

/**
 * One WebSocket to chat-ws with many clients on it.
 *
 * up → leaving (chat-ws drains, and the time it asked for is over: no new sessions, those it has go on) → gone. up → gone.
 */
export class Link {
  readonly rooms: LinkRooms;
  /** Resolves when another link should take this one's place: it is leaving or gone. */
  readonly left: Promise<void>;
  readonly gone: Promise<void>;
  /** Resolves when chat-ws has asked for its sessions to come back calmly. */
  readonly drained: Promise<{ perSecond: number; sessions: number }>;
  readonly #options: LinkOptions;
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #sessions = new Map<number, LinkedSession>();
  readonly #questions = new LinkQuestions<Of<'read'> | Of<'rooms'>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #state: 'up' | 'leaving' | 'gone' = 'up';
  #numbers = 0;
  #isCorked = false;
  #onceClear: (() => void)[] = [];
  readonly #heartbeat: Heartbeat;
  #leave: () => void = () => {};
  #go: () => void = () => {};
  #drained: (pace: { perSecond: number; sessions: number }) => void = () => {};

  constructor(ws: WebSocket, socket: Socket, options: LinkOptions) {
    this.#ws = ws;
    this.#socket = socket;
    this.#options = options;
    this.#heartbeat = new Heartbeat(performance.now(), options.heartbeat);
    this.rooms = new LinkRooms({
      fanout: options.fanout,
      send: (message) => this.#send(message),
      read: (room, from, limit) => this.#read(room, from, limit),
      retry: (failures, work) => this.#later(backoffMs(options.retry, failures, Math.random()), work),
    });
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.gone = new Promise((resolve) => {
      this.#go = resolve;
    });
    this.drained = new Promise((resolve) => {
      this.#drained = resolve;
    });
    ws.on('message', (data) => this.#onMessage(data));
    ws.on('ping', this.#heard);
    ws.on('pong', this.#heard);
    ws.on('close', (code, reason) => this.#onClose(code, reason.toString()));
    ws.on('error', (err) => options.log.warn({ err }, 'a link failed'));
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  /** More has been given to it than it could send: nothing more should be read that it would have to carry. */
  get isCongested(): boolean {
    return this.#ws.bufferedAmount > this.#options.unsentBytes;
  }

  /** Calls `clear` once when it is congested no more, or gone. */
  onceClear(clear: () => void): void {
    this.#onceClear.push(clear);
  }

  /** Tells chat-ws of a client; gives the client's number on this link. */
  open(session: LinkedSession): number {
    this.#numbers += 1;
    this.#sessions.set(this.#numbers, session);
    this.#send({ t: 'open', s: this.#numbers, address: session.address });
    return this.#numbers;
  }

  /** A command of a client. */
  in(s: number, m: unknown): void {
    this.#send({ t: 'in', s, m });
  }

  /** The client is gone; `isLost`: without a goodbye. */
  end(s: number, isLost = false): void {
    if (this.#sessions.delete(s)) this.#send({ t: 'end', s, ...(isLost && { lost: true }) });
  }

  /** The rooms that the session may see. @throws ParleyError */
  async listRooms(s: number): Promise<Of<'rooms'>['rooms']> {
    const answer = await this.#ask((n) => ({ t: 'rooms', n, s }));
    return answer.t === 'rooms' ? answer.rooms : [];
  }

  /** To be called often: pings, finds that chat-ws is silent, and gives up on questions. */
  sweep(now: number): void {
    this.#questions.expire(now);
    switch (this.#heartbeat.check(now, this.#socket, this.#options.heartbeat)) {
      case 'ping':
        if (this.#ws.readyState === this.#ws.OPEN) this.#ws.ping();
        return;
      case 'dead':
        this.#options.log.warn({ sessions: this.sessions }, 'a link is silent');
        this.#ws.terminate();
    }
  }

  /** Ends it; its clients go on elsewhere. */
  close(): void {
    this.#ws.close(closeCodes.normal);
    // chat-ws may be unable to answer the close frame, and nobody should wait for that.
    this.#onClose(closeCodes.normal, '');
  }

  async #read(room: string, from: number, limit: number) {
    const answer = await this.#ask((n) => ({ t: 'read', n, room, from, limit }));
    if (answer.t === 'read') return answer;
    throw new ParleyError('INTERNAL', 'A read was answered by something else.');
  }

  #ask(question: (n: number) => GatewayLinkMessage): Promise<Of<'read'> | Of<'rooms'>> {
    if (this.#state === 'gone') return Promise.reject(new ParleyError('UNAVAILABLE', 'The link is gone.'));
    return this.#questions.ask(performance.now() + this.#options.answerMs, (n) => this.#send(question(n)));
  }

  /** What is sent in one turn of the event loop leaves in one system call. */
  #send(message: GatewayLinkMessage): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#socket.cork();
      process.nextTick(this.#uncork);
    }
    this.#ws.send(JSON.stringify(message), this.#onSent);
  }

  readonly #uncork = (): void => {
    this.#isCorked = false;
    this.#socket.uncork();
  };

  readonly #onSent = (): void => {
    if (this.#onceClear.length > 0 && !this.isCongested) this.#clear();
  };

  #clear(): void {
    const waiting = this.#onceClear;
    this.#onceClear = [];
    for (const clear of waiting) clear();
  }

  readonly #heard = (): void => {
    this.#heartbeat.heard();
  };

  #onMessage(data: RawData): void {
    this.#heard();
    let message: ChatLinkMessage | undefined;
    try {
      message = parseChatLinkMessage(parseJson((data as Buffer).toString()));
    } catch (err) {
      // Nothing is lost for good: a hole in a room is read from the log, an answer that does not come is given up.
      this.#options.log.error({ err }, 'a link message cannot be read');
      return;
    }
    if (message !== undefined) this.#take(message);
  }

  #take(message: ChatLinkMessage): void {
    switch (message.t) {
      case 'entries':
        this.rooms.onEntries(message);
        break;
      case 'out':
        this.#sessions.get(message.s)?.out(message.m);
        break;
      case 'done':
        this.#sessions.get(message.s)?.done(message.re);
        break;
      case 'push':
        this.rooms.onPush(message, this.#exceptOf(message));
        break;
      case 'watching':
        this.rooms.onWatching(message);
        break;
      case 'reset':
        this.rooms.onReset(message);
        break;
      case 'read':
      case 'rooms':
        this.#questions.answer(message.n, message);
        break;
      case 'failed':
        this.#onFailed(message);
        break;
      case 'closed':
        this.#onSessionClosed(message);
        break;
      case 'drain':
        if (message.perSecond !== undefined) this.#drained({ perSecond: message.perSecond, sessions: this.sessions });
        this.#later(message.reconnectAfterMs, () => this.#startLeaving());
        break;
      case 'gap':
        // The next entries leave a hole; each client reads the log there and is told what is missing for it.
        break;
    }
  }

  #exceptOf({ except }: Of<'push'>): Outlet | undefined {
    return except === undefined ? undefined : this.#sessions.get(except)?.outlet;
  }

  #onFailed({ n, room, code, message }: Of<'failed'>): void {
    if (n !== undefined) this.#questions.fail(n, new ParleyError(code, message));
    else if (room !== undefined) this.rooms.onFailed(room);
  }

  #onSessionClosed({ s, code, reason }: Of<'closed'>): void {
    const session = this.#sessions.get(s);
    this.#sessions.delete(s);
    session?.closed(code, reason);
  }

  #startLeaving(): void {
    if (this.#state !== 'up') return;
    this.#state = 'leaving';
    this.#leave();
  }

  #onClose(code: number, reason: string): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    this.#options.log.info({ code, reason, sessions: this.sessions }, 'a link is closed');
    for (const timer of this.#timers) clearTimeout(timer);
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) session.lost();
    this.rooms.close();
    this.#questions.close();
    this.#leave();
    this.#go();
    this.#clear();
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }
}
