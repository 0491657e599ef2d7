import type { LogEntry } from '@parley/common/contracts/log-entry';

/** Entries that may be held while there is a hole before them; more are read from the log with the hole. */
const mostHeld = 2_000;

/**
 * The order of one room's entries, which several nodes commit: what may be published, what is early, and when a hole before it has to be
 * read from the log. `head` is always the last `seq` published here. Times in ms, of any one clock.
 */
export class EntryOrder {
  /** The last `seq` that is known to be committed. */
  #known = 0;
  /** Since when something before `#known` is missing. */
  #missingSince: number | undefined = undefined;
  #held: LogEntry[] = [];

  /** What is to be published now that these (consecutive ones) have come. */
  take(head: number, entries: readonly LogEntry[], now: number): LogEntry[] {
    const fresh = entries.filter(({ seq }) => seq > head);
    const first = fresh[0];
    if (first === undefined) return [];
    this.#known = Math.max(this.#known, fresh.at(-1)!.seq);
    if (first.seq > head + 1) {
      this.#hold(fresh);
      this.#missingSince ??= now;
      return [];
    }
    return this.#withHeld(fresh, now);
  }

  /** The same for entries that the log gave, which has no earlier ones left. `upTo`: what the log has. */
  takeRead(head: number, entries: readonly LogEntry[], { upTo, now }: { upTo: number; now: number }): LogEntry[] {
    const fresh = entries.filter(({ seq }) => seq > head);
    this.#known = Math.max(this.#known, upTo);
    if (fresh.length > 0) return this.#withHeld(fresh, now);
    if (upTo <= head || entries.length > 0) {
      // What was read came by itself meanwhile; if something else is missing by now, that is another hole.
      this.#missingSince = this.#known > head ? now : undefined;
      return [];
    }
    // There is nothing between: it has been trimmed, all of it.
    const held = this.#held.filter(({ seq }) => seq > head);
    this.#known = held.at(-1)?.seq ?? head;
    this.#held = [];
    this.#missingSince = undefined;
    return held;
  }

  /** Entries up to `to` are committed, as somebody has heard. */
  expect(head: number, to: number, now: number): void {
    this.#known = Math.max(this.#known, to);
    if (this.#known > head) this.#missingSince ??= now;
  }

  /** Since when there is a hole; undefined: there is none. */
  missingSince(head: number): number | undefined {
    return this.#known > head ? this.#missingSince : undefined;
  }

  #withHeld(fresh: LogEntry[], now: number): LogEntry[] {
    let last = fresh.at(-1)!.seq;
    const rest = this.#held.filter(({ seq }) => seq > last);
    let count = 0;
    for (; rest[count]?.seq === last + 1; count++) last += 1;
    this.#held = rest.slice(count);
    this.#missingSince = this.#known > last ? now : undefined;
    return count === 0 ? fresh : fresh.concat(rest.slice(0, count));
  }

  #hold(early: readonly LogEntry[]): void {
    if (this.#held.length + early.length > mostHeld) return;
    const isLast = (this.#held.at(-1)?.seq ?? 0) < early[0]!.seq;
    if (isLast) this.#held.push(...early);
    else {
      const bySeq = new Map([...this.#held, ...early].map((entry) => [entry.seq, entry]));
      this.#held = [...bySeq.values()].sort((a, b) => a.seq - b.seq);
    }
  }
}
