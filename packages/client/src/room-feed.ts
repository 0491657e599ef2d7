import type { Changed } from '@parley/common/contracts/chat/changed';
import type { ErrorMessage } from '@parley/common/contracts/chat/error';
import type { Gap } from '@parley/common/contracts/chat/gap';
import type { HistoryPage } from '@parley/common/contracts/chat/history';
import type { Join, Joined } from '@parley/common/contracts/chat/join';
import type { Left } from '@parley/common/contracts/chat/leave';
import type { Message } from '@parley/common/contracts/chat/message';
import type { Presence } from '@parley/common/contracts/chat/presence';
import type { Reset } from '@parley/common/contracts/chat/reset';
import type { Seen, SeenPush } from '@parley/common/contracts/chat/seen';
import type { Typing, TypingPush } from '@parley/common/contracts/chat/typing';
import { ERRORS, ParleyError } from '@parley/common/runtime/errors';
import { Cursor } from './cursor.ts';
import { Emitter } from './emitter.ts';
import { MessageStream } from './message-stream.ts';
import { RoomSignals } from './room-signals.ts';

export type RoomEvents = {
  message: Message;
  changed: Changed;
  presence: Presence;
  typing: TypingPush;
  seen: SeenPush;
  gap: Gap;
  reset: Reset;
  joined: Joined;
  left: Left;
};

export type RoomPush = Message | Changed | Presence | TypingPush | SeenPush | Gap | Reset;

export type RoomFeedOptions = {
  room: string;
  after: Join['after'];
  /** Messages that each iteration keeps. */
  buffered: number;
  /** How long an answer to `join` is waited for before it is asked again. */
  answerMs: number;
  newId(): number;
  send(message: Join | Typing | Seen): void;
  read(after: number): Promise<HistoryPage>;
};

/** Before a refused join is tried again, unless the server says when. */
const againMs = 1_000;

/**
 * What a client wants of a room, over all its connections. On each of them: out → joining → in. in → joining when the server's
 * messages leave a hole; what comes while it is not in belongs to an earlier join and is sent again after this one.
 */
export class RoomFeed {
  readonly events = new Emitter<RoomEvents>();
  readonly signals: RoomSignals;
  readonly joined: Promise<Joined>;
  readonly #options: RoomFeedOptions;
  readonly #cursor: Cursor;
  readonly #streams = new Set<MessageStream>();
  readonly #first = Promise.withResolvers<Joined>();
  #joinId: number | undefined = undefined;
  #isIn = false;
  #isEnded = false;
  /** Where the server left a hole and was asked again. */
  #holeAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(options: RoomFeedOptions) {
    this.#options = options;
    this.#cursor = new Cursor(options.after);
    this.signals = new RoomSignals(options);
    this.joined = this.#first.promise;
    // Whoever does not wait for it is told by `left`.
    this.joined.catch(() => {});
  }

  get room(): string {
    return this.#options.room;
  }

  get position() {
    return this.#cursor.position;
  }

  /** There is a connection to join by, or it is joined anew on the one there is. */
  join(): void {
    const { room, newId, send, answerMs } = this.#options;
    this.offline();
    const id = newId();
    this.#joinId = id;
    const { after } = this.#cursor;
    this.#joinIn(answerMs);
    send({ type: 'join', id, room, ...(after === undefined ? {} : { after }) });
  }

  offline(): void {
    clearTimeout(this.#timer);
    this.#joinId = undefined;
    this.#isIn = false;
    this.signals.offline();
  }

  onJoined(joined: Joined): void {
    if (joined.re !== this.#joinId) return;
    clearTimeout(this.#timer);
    const isAnew = this.#cursor.joined(joined);
    this.#isIn = true;
    this.#first.resolve(joined);
    this.events.emit('joined', joined);
    if (isAnew) this.#tellReset({ type: 'reset', room: joined.room, epoch: joined.epoch, head: joined.head });
    this.signals.joined();
  }

  /** The answer to a `join` was an error. Gives it when it is final; undefined: it is not about this, or tried again. */
  onError({ re, code, message, retryAfterMs }: ErrorMessage): ParleyError | undefined {
    if (this.#joinId === undefined || re !== this.#joinId) return undefined;
    if (!ERRORS[code].retryable) return new ParleyError(code, message);
    clearTimeout(this.#timer);
    this.#joinIn(retryAfterMs ?? againMs);
    return undefined;
  }

  take(push: RoomPush): void {
    if (!this.#isIn) return;
    switch (push.type) {
      case 'message':
      case 'changed':
        this.#takeEntry(push);
        return;
      case 'gap':
        this.#skip(push.to);
        return;
      case 'reset':
        this.#cursor.reset(push.epoch);
        this.#tellReset(push);
        return;
      case 'presence':
        this.events.emit('presence', push);
        return;
      case 'typing':
        this.events.emit('typing', push);
        return;
      case 'seen':
        this.events.emit('seen', push);
    }
  }

  /** Nothing more comes. `left`: what is told about that; `error`: why, when it is nothing that the program wanted. */
  end(left: Left, error?: ParleyError): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.offline();
    this.#first.reject(error ?? new ParleyError('NOT_JOINED', `You have left ${this.#options.room}.`));
    for (const stream of this.#streams) stream.end(error);
    this.#streams.clear();
    this.events.emit('left', left);
  }

  /** The messages from now on. */
  stream(): MessageStream {
    const { buffered: most, read } = this.#options;
    const stream = new MessageStream({ most, read, onReturn: () => this.#streams.delete(stream) });
    if (this.#isEnded) stream.end();
    else this.#streams.add(stream);
    return stream;
  }

  #joinIn(ms: number): void {
    this.#timer = setTimeout(() => this.join(), ms);
  }

  #takeEntry(entry: Message | Changed): void {
    const arrival = this.#cursor.arrive(entry.seq);
    if (arrival === 'had' || (arrival === 'hole' && !this.#passHole(entry.seq))) return;
    if (entry.type === 'changed') {
      this.events.emit('changed', entry);
      return;
    }
    const epoch = this.#cursor.position?.epoch ?? '';
    for (const stream of this.#streams) stream.push(entry, epoch);
    this.events.emit('message', entry);
  }

  /** The server is asked once for what is missing; what it leaves out again is told to be missing. */
  #passHole(seq: number): boolean {
    const { next } = this.#cursor;
    if (this.#holeAt !== next) {
      this.#holeAt = next;
      this.join();
      return false;
    }
    this.#skip(seq - 1);
    return this.#cursor.arrive(seq) === 'next';
  }

  #skip(to: number): void {
    const missing = this.#cursor.skip(to);
    if (missing !== undefined) this.events.emit('gap', { type: 'gap', room: this.#options.room, ...missing });
  }

  #tellReset(reset: Reset): void {
    this.#holeAt = 0;
    for (const stream of this.#streams) stream.reset();
    this.signals.reset();
    this.events.emit('reset', reset);
  }
}
