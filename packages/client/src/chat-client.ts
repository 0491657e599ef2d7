import type { AuthSuccess } from '@parley/common/contracts/chat/auth';
import type { ChatUser } from '@parley/common/contracts/chat/chat-user';
import { closeCodes } from '@parley/common/contracts/chat/close-code';
import { type HistoryPage, historyLimit } from '@parley/common/contracts/chat/history';
import type { Join } from '@parley/common/contracts/chat/join';
import type { MembersPage } from '@parley/common/contracts/chat/members';
import type { Posted } from '@parley/common/contracts/chat/post';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { roomName } from '@parley/common/contracts/room-name';
import { ParleyError } from '@parley/common/runtime/errors';
import { type ChatOptions, completeOptions } from './chat-options.ts';
import { Emitter } from './emitter.ts';
import { createPostKey } from './post-key.ts';
import { Requests } from './requests.ts';
import { Room, type RoomClient } from './room.ts';
import { RoomFeed } from './room-feed.ts';
import { type ChatState, Session, type StateChange } from './session.ts';

export type { ChatOptions, ChatState, Room, StateChange };
export { ParleyError };

export type ChatEvents = {
  state: StateChange;
  /** Something went wrong that no promise tells of. The client goes on. */
  error: ParleyError;
};

/** A string is posted as text, everything else as JSON data. */
export type Content = string | number | boolean | null | readonly unknown[] | { readonly [field: string]: unknown };

/** `key`: makes it the same post when it is repeated within 24 h, by whatever program. Each post has one of its own unless it is given. */
export type PostOptions = { key?: string };

export type HistoryRange = { before?: number; after?: number; limit?: number };

/**
 * A client of Parley's chat over WebSocket, for browsers and Node. It comes back by itself when the connection breaks, into every room
 * at its position, and repeats what was not answered: nothing is missed, doubled or reordered without being told.
 */
export class ChatClient {
  readonly #options: ReturnType<typeof completeOptions>;
  readonly #events = new Emitter<ChatEvents>();
  readonly #session: Session;
  readonly #requests: Requests;
  readonly #feeds = new Map<string, RoomFeed>();
  readonly #roomClient: RoomClient;
  #user: ChatUser | undefined = undefined;
  #online = Promise.withResolvers<void>();

  constructor(options: ChatOptions) {
    this.#options = completeOptions(options);
    const { backoff, random, mostUnanswered: most, underWay } = this.#options;
    this.#session = new Session(this.#options, {
      onState: (change) => this.#onState(change),
      onOnline: (success) => this.#onOnline(success),
      onOffline: () => this.#onOffline(),
      onMessage: (message) => this.#onMessage(message),
      onError: (error) => this.#events.emit('error', error),
    });
    this.#requests = new Requests({
      limits: { most, underWay },
      backoff,
      random,
      newId: () => this.#session.newId(),
      send: (message) => this.#session.send(message),
    });
    this.#roomClient = {
      post: (room, content, options) => this.post(room, content, options),
      edit: (room, seq, text, options) => this.edit(room, seq, text, options),
      delete: (room, seq, options) => this.delete(room, seq, options),
      history: (room, range) => this.history(room, range),
      members: (room, page) => this.members(room, page),
      leave: (feed) => this.#leave(feed),
    };
  }

  get state(): ChatState {
    return this.#session.state;
  }

  /** Who the server says this is; undefined before the first login. */
  get user(): ChatUser | undefined {
    return this.#user;
  }

  /** The newest resume ticket: with it another client, on another page or after a restart, goes on as the same user. */
  get ticket(): string | undefined {
    return this.#session.credentials.ticket;
  }

  /** Posts without an answer so far. */
  get unanswered(): number {
    return this.#requests.unanswered;
  }

  /** Gives the function that takes the listener off again. */
  on<Name extends keyof ChatEvents>(name: Name, listener: (event: ChatEvents[Name]) => void): () => void {
    return this.#events.on(name, listener);
  }

  off<Name extends keyof ChatEvents>(name: Name, listener: (event: ChatEvents[Name]) => void): void {
    this.#events.off(name, listener);
  }

  /**
   * Connects, and stays connected from then on. Resolves at the first login; rejected when the client is closed before that, by the
   * program or because it gave up (UNAVAILABLE, UNAUTHENTICATED …).
   */
  connect(): Promise<void> {
    if (this.state === 'closed') {
      this.#online = Promise.withResolvers();
      // Who does not wait for it is told by the event `state`.
      this.#online.promise.catch(() => {});
      this.#session.open();
    }
    return this.#online.promise;
  }

  /** Ends the connection for good, and with it all rooms and everything unanswered. Resolves when the socket is closed. */
  close(code: number = closeCodes.normal, reason = ''): Promise<void> {
    return this.#session.close(code, reason);
  }

  /**
   * Joins a room, now and after every break. Listen to the room in the same turn, so that nothing is missed. `after`: a position (what
   * comes behind it), "start" (all that is kept); absent: from now on.
   * @throws ParleyError CONFLICT when the room is joined already, BAD_MESSAGE when that is no name
   */
  join(name: string, { after }: { after?: Join['after'] } = {}): Room {
    if (!roomName.safeParse(name).success) throw new ParleyError('BAD_MESSAGE', `"${name}" is no name of a room.`);
    if (this.#feeds.has(name)) throw new ParleyError('CONFLICT', `${name} is joined already; leave it first.`);
    const feed = new RoomFeed({
      room: name,
      after,
      buffered: this.#options.buffered,
      answerMs: this.#options.requestMs,
      newId: () => this.#session.newId(),
      send: (message) => this.#session.send(message),
      read: (behind) => this.#readOn(name, behind),
    });
    this.#feeds.set(name, feed);
    if (this.state === 'online') feed.join();
    return new Room(name, feed, this.#roomClient);
  }

  /**
   * Posts to a room, joined or not. Resolves when the message is committed; posts wait for a connection and for the server's rate limit, in
   * their order, and are repeated under their key after a break.
   * @throws ParleyError of the server; LIMIT_REACHED when too many wait already; UNAVAILABLE when there was no answer in time
   */
  post(room: string, content: Content, { key = createPostKey() }: PostOptions = {}): Promise<Posted> {
    const what = typeof content === 'string' ? { text: content } : { data: content };
    const message = { type: 'post', room, key, ...what } as const;
    return this.#requests.change({ message, answer: 'posted', ms: this.#options.postMs });
  }

  /** Gives one's own message another text; in order with posts, and repeated like them. */
  edit(room: string, seq: number, text: string, { key = createPostKey() }: PostOptions = {}): Promise<Posted> {
    const message = { type: 'edit', room, seq, text, key } as const;
    return this.#requests.change({ message, answer: 'posted', ms: this.#options.postMs });
  }

  /** Erases the content of a message; in order with posts, and repeated like them. */
  delete(room: string, seq: number, { key = createPostKey() }: PostOptions = {}): Promise<Posted> {
    const message = { type: 'delete', room, seq, key } as const;
    return this.#requests.change({ message, answer: 'posted', ms: this.#options.postMs });
  }

  /** The messages before or after a `seq`, or the newest; at most 100, in ascending order. */
  history(room: string, range: HistoryRange = {}): Promise<HistoryPage> {
    const message = { type: 'history', room, ...range } as const;
    return this.#requests.read({ message, answer: 'history', ms: this.#options.requestMs });
  }

  /** Who is in a room now, 100 a page, from page 1 on. */
  members(room: string, page = 1): Promise<MembersPage> {
    const message = { type: 'members', room, page } as const;
    return this.#requests.read({ message, answer: 'members', ms: this.#options.requestMs }) as Promise<MembersPage>;
  }

  /** For a loop, which waits for a connection however long that takes. */
  #readOn(room: string, after: number): Promise<HistoryPage> {
    const message = { type: 'history', room, after, limit: historyLimit.max } as const;
    return this.#requests.read({ message, answer: 'history', ms: Number.POSITIVE_INFINITY });
  }

  #leave(feed: RoomFeed): void {
    const { room } = feed;
    if (this.#feeds.get(room) !== feed) return;
    this.#feeds.delete(room);
    this.#session.send({ type: 'leave', id: this.#session.newId(), room });
    feed.end({ type: 'left', room });
  }

  #onState(change: StateChange): void {
    if (change.state === 'online') this.#online.resolve();
    if (change.state === 'closed') this.#onClosed(change.error);
    this.#events.emit('state', change);
  }

  #onClosed(error = new ParleyError('UNAVAILABLE', 'The client was closed.')): void {
    this.#online.reject(error);
    this.#requests.close(error);
    for (const [room, feed] of this.#feeds) feed.end({ type: 'left', room, reason: 'closed' }, error);
    this.#feeds.clear();
  }

  #onOnline({ user, limits }: AuthSuccess): void {
    const isSomebodyElse = this.#user !== undefined && this.#user.id !== user.id;
    this.#user = user;
    for (const feed of this.#feeds.values()) feed.join();
    this.#requests.online(limits, isSomebodyElse);
  }

  #onOffline(): void {
    for (const feed of this.#feeds.values()) feed.offline();
    this.#requests.offline();
  }

  #onMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'message':
      case 'changed':
      case 'presence':
      case 'typing':
      case 'seen':
      case 'gap':
      case 'reset':
        this.#feeds.get(message.room)?.take(message);
        return;
      case 'joined':
        this.#feeds.get(message.room)?.onJoined(message);
        return;
      case 'left':
        // Without a reason it is the answer to a `leave`, and the room is gone from here already.
        if (message.reason !== undefined) this.#drop(message.room, message.reason);
        return;
      case 'error':
        if (!this.#requests.take(message)) this.#onError(message);
        return;
      default:
        this.#requests.take(message);
    }
  }

  #onError(error: Extract<ServerMessage, { type: 'error' }>): void {
    for (const [room, feed] of this.#feeds) {
      const refusal = feed.onError(error);
      if (refusal !== undefined) this.#drop(room, refusal.code, refusal);
    }
    if (error.re === undefined) this.#events.emit('error', new ParleyError(error.code, error.message));
  }

  #drop(
    room: string,
    reason: string,
    error = new ParleyError('FORBIDDEN', `You are in ${room} no more: ${reason}.`),
  ): void {
    const feed = this.#feeds.get(room);
    this.#feeds.delete(room);
    feed?.end({ type: 'left', room, reason }, error);
  }
}
