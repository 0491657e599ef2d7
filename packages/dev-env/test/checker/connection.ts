import { setTimeout as delay } from 'node:timers/promises';
import type { Notes } from './notes.ts';
import type { Answer, Ports, Request, Told, Transport, Wire } from './told.ts';

const PAUSE_MS = 30;

/** A request as it is made; the connection numbers it. */
export type Wish = Request extends infer One ? (One extends Request ? Omit<One, 'id'> : never) : never;

export type ConnectionOptions = {
  notes: Notes;
  ports: Ports;
  /** A connection is there: log in. */
  onOpen(): void;
  onTold(told: Exclude<Told, { is: 'answer' | 'ping' }>): void;
  onLost(): void;
};

/** A client's connection, which comes again by itself, by whichever transport is wished for. */
export class Connection {
  /** By which it comes the next time. */
  next: Transport;
  /** By which it came the last time. */
  transport: Transport;
  /** Of this connection. */
  number = 0;
  readonly #options: ConnectionOptions;
  readonly #open = new Map<number, (answer: Answer) => void>();
  readonly #ghosts: Wire[] = [];
  #wire: Wire | undefined;
  #ids = 0;
  #isClosed = false;

  constructor(transport: Transport, options: ConnectionOptions) {
    this.next = transport;
    this.transport = transport;
    this.#options = options;
    void this.#connect();
  }

  get isOpen(): boolean {
    return this.#wire !== undefined;
  }

  /** Requests that have no answer so far. */
  get unanswered(): number {
    return this.#open.size;
  }

  ask(wish: Wish, answered: (answer: Answer) => void): void {
    if (this.#wire === undefined) return;
    this.#ids += 1;
    this.#open.set(this.#ids, answered);
    this.#wire.send({ ...wish, id: this.#ids } as Request);
  }

  pause(): void {
    this.#wire?.pause();
  }

  resume(): void {
    this.#wire?.resume();
  }

  /** Ends it with a goodbye or without; `abandon`: it stays half open, and nobody reads from it. Then comes again. */
  end(how: 'close' | 'cut' | 'abandon'): void {
    const wire = this.#wire;
    if (wire === undefined) return;
    if (how === 'abandon') {
      wire.pause();
      this.#ghosts.push(wire);
    } else {
      wire.resume();
      wire[how]();
    }
    this.#lost();
  }

  /** Ends what was abandoned: nothing more comes from there. */
  cutGhosts(): void {
    for (const ghost of this.#ghosts.splice(0)) ghost.cut();
  }

  /** For good. */
  close(): void {
    this.#isClosed = true;
    this.cutGhosts();
    this.end('cut');
  }

  async #connect(): Promise<void> {
    while (!this.#isClosed) {
      const number = this.#options.notes.nextConnection();
      try {
        this.number = number;
        this.transport = this.next;
        const wire = await this.transport.open(this.#options.ports, {
          onTold: (told) => this.number === number && this.#receive(told),
          onClosed: () => this.number === number && this.#lost(),
        });
        if (this.#isClosed) return wire.cut();
        this.#wire = wire;
        this.#options.onOpen();
        return;
      } catch {
        await delay(PAUSE_MS);
      }
    }
  }

  #lost(): void {
    if (this.#wire === undefined) return;
    this.#wire = undefined;
    this.number = 0;
    this.#open.clear();
    this.#options.onLost();
    setTimeout(() => void this.#connect(), PAUSE_MS);
  }

  #receive(told: Told): void {
    if (told.is === 'ping') this.#wire?.pong();
    else if (told.is !== 'answer') this.#options.onTold(told);
    else {
      const answered = this.#open.get(told.id);
      this.#open.delete(told.id);
      if (answered !== undefined) answered(told.answer);
      else
        this.#options.notes.complaints.push(
          `an answer to ${told.id}, which was not asked: ${JSON.stringify(told.answer)}`,
        );
    }
  }
}
