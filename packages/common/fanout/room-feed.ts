import { nextStep, onHeadMoved } from './decide.ts';
import type { EntryRun } from './entry-run.ts';
import type { Fanout } from './fanout.ts';
import { type LogReader, LogReads } from './log-reads.ts';
import type { Outlet, RoomLabel, Sequenced } from './outlet.ts';
import { Subscriber } from './subscriber.ts';
import { Tail } from './tail.ts';

/**
 * So many subscribers are looked at before the first of them is written to: their memory, which is not in the processor's caches any more,
 * then comes for all of them at the same time. It has to fit there until they are written to.
 */
const groupSize = 32;

/**
 * One room's entries on their way to its subscribers. Entries come in by `publish`, in order and after they are committed; every
 * subscriber is given every entry from its own `next` on, in order, or is told of the gap.
 */
export class RoomFeed<E extends Sequenced> implements RoomLabel {
  readonly room: string;
  epoch: string;
  /** The last `seq` published. */
  head: number;
  readonly #fanout: Fanout<E>;
  readonly #reads: LogReads<E>;
  readonly #tail: Tail<E>;
  readonly #subscribers = new Set<Subscriber<E>>();
  /** Subscribers per format. */
  readonly #inFormat: number[];
  /** The last `seq` that is known to be committed; beyond the head when somebody who has come knows of more. */
  #known: number;
  #marked = false;
  /** Those of the walk who are about to be written to. */
  readonly #group: Subscriber<E>[] = [];
  #walk: { iterator: Iterator<Subscriber<E>>; head: number } | undefined;

  constructor(fanout: Fanout<E>, options: { room: string; epoch: string; head: number; read: LogReader<E> }) {
    this.room = options.room;
    this.epoch = options.epoch;
    this.head = options.head;
    this.#known = options.head;
    this.#fanout = fanout;
    const work = {
      encode: (format: number, entry: E) => fanout.encoders[format]!(this, entry),
      amend: fanout.amend,
    };
    this.#reads = new LogReads<E>(fanout, { room: options.room, read: options.read, work });
    this.#inFormat = fanout.formats.map(() => 0);
    const { limits, budget } = fanout;
    this.#tail = new Tail<E>({ head: options.head, limitBytes: limits.tailBytesPerRoom, budget, work });
  }

  /** Number of subscribers. */
  get size(): number {
    return this.#subscribers.size;
  }

  /**
   * Takes committed entries, consecutive and in order. Entries that were published before are ignored; a hole before them is read from
   * the log by those who need it. What a change among them concerns is given as it reads then from now on, wherever it is in memory.
   * Nothing is written in this turn.
   */
  publish(entries: readonly E[]): void {
    const fresh =
      entries.length > 0 && entries[0]!.seq > this.head ? entries : entries.filter(({ seq }) => seq > this.head);
    const first = fresh[0]?.seq;
    if (first === undefined) return;
    const follows = first === this.head + 1;
    this.head = fresh[fresh.length - 1]!.seq;
    if (!follows) this.#forgetReads();
    else if (fresh.some(isChange)) this.#amendReads(fresh.filter(isChange));
    if (this.size === 0) {
      this.#tail.clear(this.head + 1);
      return;
    }
    if (!follows) this.#tail.clear(first);
    const formats: number[] = [];
    for (let format = 0; format < this.#inFormat.length; format++)
      if (this.#inFormat[format]! > 0) formats.push(format);
    this.#tail.append(fresh, formats);
    this.#mark();
  }

  /**
   * Adds a client that has been given everything before `next`. Beyond the head it is live at once; else it catches up, beginning in
   * the next turn of the loop. `fromFirst`: it wants the log from its first entry on, whichever that is. `asOf`: it knows that the log is
   * committed up to there, which this feed may learn later only: until then what it is given is read from the log.
   */
  add(outlet: Outlet, from: { next: number; fromFirst?: boolean; asOf?: number }): Subscriber<E> {
    const format = this.#fanout.formats.indexOf(outlet.format);
    if (format < 0) throw new TypeError(`no encoder for the format ${outlet.format}`);
    const subscriber = new Subscriber<E>({
      room: this,
      outlet,
      format,
      next: from.next,
      fromFirst: from.fromFirst ?? false,
      asOf: from.asOf ?? 0,
    });
    this.#known = Math.max(this.#known, subscriber.asOf);
    this.#subscribers.add(subscriber);
    this.#inFormat[format]! += 1;
    if (subscriber.next <= this.head) {
      subscriber.state = 'behind';
      this.#fanout.stats.behind += 1;
      this.#fanout.pump.wake(subscriber);
    }
    return subscriber;
  }

  /** Takes a client off; it is written nothing more from this room. */
  remove(subscriber: Subscriber<E>): void {
    if (!this.#subscribers.delete(subscriber)) return;
    if (subscriber.state === 'behind') this.#fanout.stats.behind -= 1;
    subscriber.state = 'gone';
    subscriber.chunk = undefined;
    this.#inFormat[subscriber.format]! -= 1;
    if (this.size === 0) this.#tail.clear(this.head + 1);
  }

  /**
   * Writes what is not in the log (presence, typing) to whoever keeps up, now. `encode` is called once per format; undefined: not for
   * this format. `except` is written `instead`, or nothing.
   */
  push(encode: (format: string) => Buffer | undefined, except?: Outlet, instead?: Buffer): void {
    const encoded = this.#fanout.formats.map((format, index) =>
      this.#inFormat[index]! > 0 ? encode(format) : undefined,
    );
    for (const { state, outlet, format } of this.#subscribers) {
      const bytes = outlet === except ? instead : encoded[format];
      if (bytes === undefined || state !== 'live') continue;
      if (outlet.pendingBytes() <= this.#fanout.limits.behindBytes) outlet.write(bytes);
    }
  }

  /** The log has started anew: everybody is told, and given it from its first entry on. */
  reset(epoch: string, head: number): void {
    this.epoch = epoch;
    this.head = head;
    this.#known = head;
    this.#tail.clear(head + 1);
    this.#reads.callOff();
    for (const subscriber of this.#subscribers) {
      subscriber.chunk = undefined;
      subscriber.next = 1;
      subscriber.fromFirst = true;
      subscriber.asOf = 0;
      subscriber.outlet.reset(this.room, epoch, head);
      if (subscriber.state === 'live') this.#fallBehind(subscriber);
    }
  }

  /** How many entries each subscriber still has to be given. */
  *lags(): Generator<number> {
    for (const { next } of this.#subscribers) yield Math.max(0, this.head - next + 1);
  }

  /** Takes everybody off. */
  close(): void {
    for (const subscriber of this.#subscribers) this.remove(subscriber);
  }

  /** For the pump: serves up to `most` subscribers; true when none is left. */
  walk(most: number): boolean {
    this.#walk ??= { iterator: this.#subscribers.values(), head: this.head };
    this.#marked = false;
    for (let looked = 0; looked < most; looked += groupSize) {
      const isLast = this.#look(this.#walk.iterator, Math.min(groupSize, most - looked));
      for (const subscriber of this.#group) this.#serve(subscriber);
      this.#group.length = 0;
      if (!isLast) continue;
      const movedOn = this.#walk.head !== this.head;
      this.#walk = undefined;
      this.#tail.forgetPieces();
      if (movedOn) this.#mark();
      return true;
    }
    return false;
  }

  /** For the pump: one step of catching up; returns the bytes written. */
  step(subscriber: Subscriber<E>): number {
    if (subscriber.state !== 'behind') return 0;
    const { limits } = this.#fanout;
    const chunk = subscriber.chunk;
    let written = 0;
    const what = this.#nextStep(subscriber);
    if (what !== 'wait' || !this.#mayHold(subscriber)) subscriber.chunk = undefined;
    if (what === 'tail') written = this.#write(subscriber, this.#tail, limits.chunkBytes);
    if (what === 'log' && chunk !== undefined) {
      this.#place(subscriber, chunk.first);
      if (chunk.run.length > 0) written = this.#write(subscriber, chunk.run, limits.chunkBytes);
    }
    // Rooms of one client wait for one socket: the room that has just filled it is the last to wait for it again.
    if (written > 0 && this.#nextStep(subscriber) === 'wait') this.#fanout.pump.wake(subscriber);
    else this.#goOn(subscriber);
    return written;
  }

  /** A room that is being walked over is marked again at the end of the walk, if its head has moved meanwhile. */
  #mark(): void {
    if (this.#marked || this.#walk !== undefined) return;
    this.#marked = true;
    this.#fanout.pump.mark(this);
  }

  /** Looks at so many subscribers and gathers those who can be given what has come since; true when there are no more. */
  #look(subscribers: Iterator<Subscriber<E>>, count: number): boolean {
    const { limits } = this.#fanout;
    const room = { head: this.head, tailFirst: this.#tail.first };
    for (let looked = 0; looked < count; looked++) {
      const { done, value } = subscribers.next();
      if (done) return true;
      if (value.state !== 'live') continue;
      const what = onHeadMoved({ next: value.next, pendingBytes: value.outlet.pendingBytes() }, room, limits);
      if (what === 'tail') this.#group.push(value);
      else if (what === 'behind') this.#fallBehind(value);
    }
    return false;
  }

  /** Gives a live subscriber what has come since. */
  #serve(subscriber: Subscriber<E>): void {
    const { behindBytes } = this.#fanout.limits;
    // Encoding for somebody else of the group may have cost the tail its oldest entries.
    if (subscriber.next >= this.#tail.first) {
      this.#write(subscriber, this.#tail, behindBytes);
      if (subscriber.next > this.head && subscriber.outlet.pendingBytes() <= behindBytes) return;
    }
    this.#fallBehind(subscriber);
  }

  /** There are entries that this feed has not seen, and changes may be among them: what was read before is not to be relied on. */
  #forgetReads(): void {
    for (const subscriber of this.#subscribers) subscriber.chunk = undefined;
    this.#reads.callOff();
  }

  #amendReads(changes: readonly E[]): void {
    this.#reads.published(changes);
    const runs = new Set<EntryRun<E>>();
    for (const { chunk } of this.#subscribers) if (chunk !== undefined) runs.add(chunk.run);
    for (const run of runs) for (const change of changes) run.amend(change);
  }

  #fallBehind(subscriber: Subscriber<E>): void {
    subscriber.state = 'behind';
    this.#fanout.stats.behind += 1;
    this.#fanout.stats.fellBehind += 1;
    this.#goOn(subscriber);
  }

  #write(subscriber: Subscriber<E>, from: Tail<E> | EntryRun<E>, most: number): number {
    const { bytes, next } = from.piece(subscriber.next, subscriber.format, most);
    subscriber.outlet.write(bytes);
    this.#fanout.stats.deliveries += next - subscriber.next;
    this.#fanout.stats.writes += 1;
    this.#reads.entryBytes = bytes.length / (next - subscriber.next);
    subscriber.next = next;
    subscriber.fromFirst = false;
    return bytes.length;
  }

  #nextStep({ next, outlet, asOf }: Subscriber<E>): ReturnType<typeof nextStep> {
    const room = { head: this.head, tailFirst: asOf > this.head ? this.head + 1 : this.#tail.first };
    return nextStep({ next, pendingBytes: outlet.pendingBytes() }, room, this.#fanout.limits);
  }

  /** Lets a subscriber that is behind wait for the one thing that brings it on, or makes it live. */
  #goOn(subscriber: Subscriber<E>): void {
    const { pump, stats } = this.#fanout;
    switch (this.#nextStep(subscriber)) {
      case 'live':
        subscriber.state = 'live';
        stats.behind -= 1;
        return;
      case 'wait':
        subscriber.outlet.afterFlush(() => pump.wake(subscriber));
        return;
      case 'tail':
        pump.wake(subscriber);
        return;
      case 'log':
        this.#reads.start(subscriber, Math.max(this.head, this.#known));
    }
  }

  /**
   * While the rooms of one client fill its socket, one of them keeps what it has read until it can be written: else those that need not
   * read would always be faster. No more than one, because a client may have many rooms.
   */
  #mayHold(subscriber: Subscriber<E>): boolean {
    const { holders } = this.#fanout;
    const holder = holders.get(subscriber.outlet);
    if (holder !== undefined && holder !== subscriber && holder.chunk !== undefined) return false;
    holders.set(subscriber.outlet, subscriber);
    return true;
  }

  /** Moves the cursor to the first entry that the log still has, and says what is missing. */
  #place(subscriber: Subscriber<E>, first: number): void {
    const { next, fromFirst, outlet } = subscriber;
    subscriber.fromFirst = false;
    if (first <= next) return;
    subscriber.next = first;
    if (fromFirst) return;
    this.#fanout.stats.gaps += 1;
    outlet.gap(this.room, next, first - 1);
  }
}

function isChange({ of }: Sequenced): boolean {
  return of !== undefined;
}
