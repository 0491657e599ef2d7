import { setTimeout as delay } from 'node:timers/promises';
import type { MessageId } from '@parley/common/contracts/chat/message-id';
import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import type { Position } from '@parley/common/contracts/position';
import { ERRORS } from '@parley/common/runtime/errors';
import type { ChatConnection, Connect } from './chat-connection.ts';

/** A message as this client was given it. */
export type Seen = { epoch: string; seq: number; text: string };

export type Posted = { room: string; text: string; epoch: string; seq: number };

type Post = { id: number; room: string; text: string; key: string };

export type ResumingClientOptions = {
  name: string;
  connect: Connect;
  /** Joined at first from their beginning, later from where it was. */
  rooms: string[];
  /** Posts that may be without an answer at the same time. */
  window?: number;
};

/** Between two tries to connect, and before a post that was refused for the moment is repeated. */
const PAUSE_MS = 50;

/**
 * A client as docs/protocol.md wants one: it connects again by itself, comes back with its ticket, resumes each room
 * from its position, and repeats with their keys the posts that were not answered. It writes down all that it is told,
 * and in `complaints` what must not happen.
 */
export class ResumingClient {
  readonly name: string;
  readonly seen = new Map<string, Seen[]>();
  readonly posted: Posted[] = [];
  readonly complaints: string[] = [];
  reconnections = 0;
  readonly #options: ResumingClientOptions;
  readonly #queue: Post[] = [];
  readonly #unanswered = new Map<number, Post>();
  readonly #positions = new Map<string, Position>();
  readonly #joined = new Set<string>();
  readonly #closing = new AbortController();
  #connection: ChatConnection | undefined;
  #ticket: string | undefined;
  #nextId = 1;

  constructor(options: ResumingClientOptions) {
    this.#options = options;
    this.name = options.name;
    for (const room of options.rooms) this.seen.set(room, []);
    void this.#connect();
  }

  post(room: string, text: string): void {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#queue.push({ id, room, text, key: `${this.name}-${id}` });
    this.#sendPosts();
  }

  /** Posts without an answer so far. */
  get open(): number {
    return this.#queue.length + this.#unanswered.size;
  }

  /** Posts that were sent and have no answer so far. */
  get unanswered(): number {
    return this.#unanswered.size;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** The last seq of a room that it has been given. */
  at(room: string): number {
    return this.#positions.get(room)?.seq ?? 0;
  }

  close(): void {
    this.#closing.abort();
    this.#connection?.close();
  }

  async #connect(): Promise<void> {
    const { connect } = this.#options;
    while (!this.#closing.signal.aborted) {
      try {
        const connection = await connect({
          onMessage: (message) => this.#receive(message),
          onClose: () => this.#lost(),
        });
        if (this.#closing.signal.aborted) return connection.close();
        this.#connection = connection;
        this.#authenticate();
        return;
      } catch {
        await this.#pause();
      }
    }
  }

  #authenticate(): void {
    const who = this.#ticket ? { ticket: this.#ticket } : { guest: this.name };
    this.#connection?.send({ type: 'auth', id: 'auth', ...who });
  }

  #join(room: string): void {
    this.#connection?.send({ type: 'join', id: room, room, after: this.#positions.get(room) ?? 'start' });
  }

  #lost(): void {
    this.#connection = undefined;
    this.#joined.clear();
    if (this.#closing.signal.aborted) return;
    this.reconnections += 1;
    void this.#pause().then(() => this.#connect());
  }

  async #pause(): Promise<void> {
    await delay(PAUSE_MS, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'ping':
        this.#connection?.send({ type: 'pong' });
        break;
      case 'auth_success':
        this.#ticket = message.ticket;
        for (const room of this.#options.rooms) this.#join(room);
        break;
      case 'ticket':
        this.#ticket = message.ticket;
        break;
      case 'joined':
        this.#onJoined(message.room, message.epoch, message.recovered);
        break;
      case 'message':
        this.#onMessage(message.room, message.seq, message.text ?? '');
        break;
      case 'posted':
        this.#onPosted(Number(message.re), message);
        break;
      case 'error':
        this.#onError(message);
        break;
      case 'auth_failed':
      case 'gap':
      case 'reset':
        this.complaints.push(`${this.name} was told ${JSON.stringify(message)}`);
    }
  }

  #onJoined(room: string, epoch: string, recovered: boolean): void {
    const position = this.#positions.get(room);
    if (position && (!recovered || position.epoch !== epoch)) {
      this.complaints.push(`${this.name} could not resume ${room} from ${position.epoch}:${position.seq}`);
    }
    this.#positions.set(room, { epoch, seq: position?.seq ?? 0 });
    this.#joined.add(room);
    if (this.#joined.size === this.#options.rooms.length) this.#repeatPosts();
  }

  #onMessage(room: string, seq: number, text: string): void {
    const epoch = this.#positions.get(room)?.epoch ?? 'none';
    this.#positions.set(room, { epoch, seq });
    this.seen.get(room)?.push({ epoch, seq, text });
  }

  #onPosted(id: number, { room, epoch, seq }: { room: string; epoch: string; seq: number }): void {
    const post = this.#unanswered.get(id);
    if (!post) return void this.complaints.push(`${this.name} got an answer to post ${id}, which was not open`);
    this.#unanswered.delete(id);
    this.posted.push({ room, text: post.text, epoch, seq });
    this.#sendPosts();
  }

  #onError(error: Extract<ServerMessage, { type: 'error' }>): void {
    const request = this.#requestOf(error.re);
    if (!request || !ERRORS[error.code].retryable) {
      return void this.complaints.push(`${this.name} was told ${JSON.stringify(error)}`);
    }
    const connection = this.#connection;
    const again = () => this.#connection === connection && request();
    setTimeout(again, error.retryAfterMs ?? PAUSE_MS).unref();
  }

  /** What was asked for with this id, to ask again. */
  #requestOf(id: MessageId | undefined): (() => void) | undefined {
    if (id === 'auth') return () => this.#authenticate();
    if (typeof id === 'string') return () => this.#join(id);
    const post = id === undefined ? undefined : this.#unanswered.get(id);
    return post && (() => this.#send(post));
  }

  #repeatPosts(): void {
    for (const post of this.#unanswered.values()) this.#send(post);
    this.#sendPosts();
  }

  #sendPosts(): void {
    if (!this.#connection || this.#joined.size < this.#options.rooms.length) return;
    while (this.#unanswered.size < (this.#options.window ?? 20)) {
      const post = this.#queue.shift();
      if (!post) return;
      this.#unanswered.set(post.id, post);
      this.#send(post);
    }
  }

  #send({ id, room, text, key }: Post): void {
    this.#connection?.send({ type: 'post', id, room, text, key });
  }
}
