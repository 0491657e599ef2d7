import type { Position } from '@parley/common/contracts/position';
import { ERRORS } from '@parley/common/runtime/errors';
import { Connection, type Wish } from './connection.ts';
import type { Content } from './content.ts';
import { Look } from './look.ts';
import type { Notes } from './notes.ts';
import { isExpected, outcomeOfError } from './outcome-of.ts';
import type { Attempt } from './story.ts';
import type { Answer, Ports, Told, Transport } from './told.ts';

/** A client is asked back within that time at most, whatever it is told. */
const LONGEST_DRAIN_MS = 2_000;
const AGAIN_MS = 50;

export type ActorOptions = {
  name: string;
  notes: Notes;
  ports: Ports;
  transport: Transport;
  /** By what it logs in if it has no ticket. */
  login: { guest: string } | { token: string; user: string };
  rooms: string[];
};

/** What is sent as a post or a change: with `of`, a change of that message. */
export type Writing = { room: string; key: string | undefined; of: number | undefined; content: Content };

/**
 * A client that does what it is told to, on one connection after the other: it comes again by itself, with its ticket, to the rooms that
 * it is in, behind what it has been given. What it asks for is asked once; what was not answered stays open.
 */
export class Actor {
  readonly name: string;
  readonly look: Look;
  readonly connection: Connection;
  /** Its own messages that it knows to be stored, and its own posts with keys. */
  readonly written: Attempt[] = [];
  readonly #options: ActorOptions;
  /** Rooms that it wants to be in, and from where, until it has a position. */
  readonly #rooms: Map<string, Position | 'start' | undefined>;
  #user: string | undefined;
  #ticket: string | undefined;
  #isIn = false;

  constructor(options: ActorOptions) {
    const { name, notes, ports, transport } = options;
    this.name = name;
    this.#options = options;
    if ('user' in options.login) this.#user = options.login.user;
    this.#rooms = new Map(options.rooms.map((room) => [room, 'start']));
    this.look = new Look(name, notes);
    this.connection = new Connection(transport, {
      notes,
      ports,
      onOpen: () => this.#logIn(),
      onTold: (told) => this.#onTold(told),
      onLost: () => {
        this.#isIn = false;
        this.look.lost();
      },
    });
  }

  get user(): string | undefined {
    return this.#user;
  }

  /** Logged in, and in every room that it wants to be in. */
  get isThere(): boolean {
    return this.#isIn && this.rooms.every((room) => this.look.isIn(room));
  }

  get rooms(): string[] {
    return [...this.#rooms.keys()];
  }

  write(writing: Writing): void {
    if (!this.#isIn) return;
    const { notes } = this.#options;
    const sender = this.#user;
    const connection = this.connection.number;
    const attempt: Attempt = { ...writing, sender, connection, since: notes.tick(), outcome: { is: 'maybe' } };
    notes.attempts.push(attempt);
    if (sender !== undefined) this.written.push(attempt);
    this.connection.ask(wishOf(writing), (answer) => {
      if (answer.is === 'posted') {
        const { epoch, seq, duplicate } = answer;
        attempt.outcome = { is: 'posted', tick: notes.tick(), epoch, seq, duplicate };
      } else if (answer.is === 'error') {
        attempt.outcome = outcomeOfError(answer.code);
        if (!isExpected(answer.code, writing.of !== undefined))
          this.#complain(`${wishOf(writing).type} was answered ${answer.code}`);
      }
    });
  }

  /** Also moves it, when it is in the room already. */
  join(room: string, after: Position | 'start' | undefined): void {
    this.#rooms.set(room, after);
    if (!this.#isIn) return;
    const since = this.#options.notes.tick();
    const wish: Extract<Wish, { type: 'join' }> = { type: 'join', room, ...(after !== undefined && { after }) };
    this.connection.ask(wish, (answer) => {
      if (answer.is === 'joined') this.look.joined({ ...wish, id: 0 }, answer, since);
      else if (answer.is === 'error') this.#again(answer, () => this.#rejoin(room), ['NOT_FOUND']);
    });
  }

  leave(room: string): void {
    if (!this.#isIn || !this.look.isIn(room) || this.#rooms.size === 1) return;
    this.#rooms.delete(room);
    this.connection.ask({ type: 'leave', room }, (answer) => {
      if (answer.is === 'left') this.look.left(room);
      else if (answer.is === 'error') this.#again(answer, () => {}, ['NOT_JOINED']);
    });
  }

  history(page: { room: string; before?: number; after?: number; limit: number }): void {
    if (!this.#isIn) return;
    const { notes } = this.#options;
    const since = notes.tick();
    const { room, before, after } = page;
    this.connection.ask({ type: 'history', ...page }, (answer) => {
      if (answer.is === 'history') notes.reads.push({ reader: this.name, room, since, before, after, ...answer });
      else if (answer.is === 'error') this.#again(answer, () => {}, ['NOT_FOUND']);
    });
  }

  /** On another connection, of another kind. `forget`: without its ticket. */
  move(transport: Transport, how: 'close' | 'cut' | 'abandon', forget = false): void {
    if (forget && 'token' in this.#options.login) this.#ticket = undefined;
    this.connection.next = transport;
    this.connection.end(how);
  }

  close(): void {
    this.connection.close();
  }

  #logIn(): void {
    const { login } = this.#options;
    const fresh = 'guest' in login ? login : { token: login.token };
    if (this.#ticket === undefined && 'guest' in login) {
      // It becomes somebody else, and has written nothing.
      this.#user = undefined;
      this.written.length = 0;
    }
    const who = this.#ticket === undefined ? fresh : { ticket: this.#ticket };
    this.connection.ask({ type: 'auth', ...who }, (answer) => {
      if (answer.is === 'error') return this.#again(answer, () => this.#logIn());
      if (answer.is !== 'welcome') return;
      this.#user = answer.user ?? this.#user;
      this.#ticket = answer.ticket ?? this.#ticket;
      this.#isIn = true;
      for (const room of this.#rooms.keys()) this.#rejoin(room);
    });
  }

  #rejoin(room: string): void {
    if (this.#rooms.has(room)) this.join(room, this.look.positions.get(room) ?? this.#rooms.get(room));
  }

  #onTold(told: Exclude<Told, { is: 'answer' | 'ping' }>): void {
    switch (told.is) {
      case 'entry':
      case 'gap':
        this.look.given(told);
        return;
      case 'reset':
        this.look.reset(told.room, told.epoch);
        return;
      case 'ticket':
        this.#ticket = told.ticket;
        return;
      case 'removed':
        this.look.left(told.room);
        this.#later(() => this.#rejoin(told.room));
        return;
      case 'drain':
        this.#ticket = told.ticket ?? this.#ticket;
        this.#later(() => this.connection.end('close'), Math.min(told.reconnectAfterMs, LONGEST_DRAIN_MS));
    }
  }

  /** Tries again what can be had later; complains about what should not be answered. */
  #again({ code }: Extract<Answer, { is: 'error' }>, again: () => void, expected: string[] = []): void {
    if (ERRORS[code].retryable || expected.includes(code)) this.#later(again);
    else this.#complain(`was told ${code}`);
  }

  /** Unless the connection is another one by then. */
  #later(work: () => void, ms = AGAIN_MS): void {
    const { number } = this.connection;
    setTimeout(() => this.connection.isOpen && this.connection.number === number && work(), ms).unref();
  }

  #complain(what: string): void {
    this.#options.notes.complaints.push(`${this.name} by ${this.connection.transport.name}: ${what}`);
  }
}

function wishOf({ room, key, of: seq, content }: Writing): Wish {
  const keyed = key === undefined ? {} : { key };
  if (seq === undefined) return { type: 'post', room, ...keyed, ...('deleted' in content ? {} : content) };
  return 'text' in content
    ? { type: 'edit', room, seq, text: content.text, ...keyed }
    : { type: 'delete', room, seq, ...keyed };
}
