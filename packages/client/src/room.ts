import type { HistoryPage } from '@parley/common/contracts/chat/history';
import type { Joined } from '@parley/common/contracts/chat/join';
import type { MembersPage } from '@parley/common/contracts/chat/members';
import type { Message } from '@parley/common/contracts/chat/message';
import type { Posted } from '@parley/common/contracts/chat/post';
import type { Position } from '@parley/common/contracts/position';
import type { Content, HistoryRange, PostOptions } from './chat-client.ts';
import type { RoomEvents, RoomFeed } from './room-feed.ts';

/** What a room asks of its client. */
export interface RoomClient {
  post(room: string, content: Content, options?: PostOptions): Promise<Posted>;
  edit(room: string, seq: number, text: string, options?: PostOptions): Promise<Posted>;
  delete(room: string, seq: number, options?: PostOptions): Promise<Posted>;
  history(room: string, range?: HistoryRange): Promise<HistoryPage>;
  members(room: string, page?: number): Promise<MembersPage>;
  leave(feed: RoomFeed): void;
}

/**
 * A room that the program has joined. It stays joined over every break of the connection, from its own position on, until `leave`,
 * the event `left`, or the client's end.
 *
 * `for await (const message of room)` gives the messages from then on, each once and in order, as they read when they are given. A loop
 * that is slower than the room costs bounded memory: what it has no room for, it reads later from the room's history.
 */
export class Room implements AsyncIterable<Message> {
  readonly name: string;
  readonly #feed: RoomFeed;
  readonly #client: RoomClient;

  constructor(name: string, feed: RoomFeed, client: RoomClient) {
    this.name = name;
    this.#feed = feed;
    this.#client = client;
  }

  /** The server's first answer. Rejected when it refuses, or when the room is left before; without a connection it waits for one. */
  get joined(): Promise<Joined> {
    return this.#feed.joined;
  }

  /** Everything up to there has been delivered; for `join(room, { after })`, also of another client, later. */
  get position(): Position | undefined {
    return this.#feed.position;
  }

  /** Gives the function that takes the listener off again. */
  on<Name extends keyof RoomEvents>(name: Name, listener: (event: RoomEvents[Name]) => void): () => void {
    return this.#feed.events.on(name, listener);
  }

  off<Name extends keyof RoomEvents>(name: Name, listener: (event: RoomEvents[Name]) => void): void {
    this.#feed.events.off(name, listener);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    return this.#feed.stream();
  }

  /** Resolves when the message is committed to the room's log. See `ChatClient.post`. */
  post(content: Content, options?: PostOptions): Promise<Posted> {
    return this.#client.post(this.name, content, options);
  }

  /** Gives one's own message another text. */
  edit(seq: number, text: string, options?: PostOptions): Promise<Posted> {
    return this.#client.edit(this.name, seq, text, options);
  }

  /** Erases the content of a message: one's own; moderators may anybody's. */
  delete(seq: number, options?: PostOptions): Promise<Posted> {
    return this.#client.delete(this.name, seq, options);
  }

  /** The user is writing; to be called as often as they press a key. */
  typing(): void {
    this.#feed.signals.typing();
  }

  /** The user has seen everything up to here; to be called as often as they see a message. */
  seen(seq: number): void {
    this.#feed.signals.seen(seq);
  }

  history(range?: HistoryRange): Promise<HistoryPage> {
    return this.#client.history(this.name, range);
  }

  /** Who is here now, 100 a page. */
  members(page?: number): Promise<MembersPage> {
    return this.#client.members(this.name, page);
  }

  /** Nothing more comes from here on. */
  leave(): void {
    this.#client.leave(this.#feed);
  }
}
