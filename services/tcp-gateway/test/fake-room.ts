import type { Post } from '@parley/common/contracts/chat/post';
import { amended, type LogEntry } from '@parley/common/contracts/log-entry';

/** A room's log in memory. */
export class FakeRoom {
  readonly name: string;
  epoch = 'e1';
  entries: LogEntry[] = [];
  /** The first `seq` that is still there. */
  oldest = 1;
  readonly members = new Map<string, { id: string; name: string; guest: boolean }>();
  readonly #keys = new Map<string, LogEntry>();

  constructor(name: string) {
    this.name = name;
  }

  get head(): number {
    return this.entries.at(-1)?.seq ?? this.oldest - 1;
  }

  /** A repeated key gives the first entry. */
  append(from: { id: string; name: string }, { text, data, key }: Pick<Post, 'text' | 'data' | 'key'>) {
    const keyed = key && `${from.id} ${key}`;
    const first = keyed && this.#keys.get(keyed);
    if (first) return { entry: first, duplicate: true };
    const content = text === undefined ? { data } : { text };
    const entry: LogEntry = { seq: this.head + 1, at: Date.now(), from, ...content };
    this.entries.push(entry);
    if (keyed) this.#keys.set(keyed, entry);
    return { entry, duplicate: false };
  }

  /** The entry of a change; what it concerns reads so from now on. */
  change(
    from: { id: string; name: string },
    { of, text, key }: { of: number; text: string | null; key?: string | undefined },
  ) {
    const keyed = key && `${from.id} ${key}`;
    const first = keyed && this.#keys.get(keyed);
    if (first) return { entry: first, duplicate: true };
    const content = text === null ? ({ deleted: true } as const) : { text };
    const entry: LogEntry = { seq: this.head + 1, at: Date.now(), from, of, ...content };
    this.entries = this.entries.map((old) => (old.seq === of || old.of === of ? amended(old, entry) : old));
    this.entries.push(entry);
    if (keyed) this.#keys.set(keyed, entry);
    return { entry, duplicate: false };
  }

  read(from: number, limit: number): LogEntry[] {
    return this.entries.filter(({ seq }) => seq >= from).slice(0, limit);
  }

  /** Forgets everything before `seq`. */
  trim(seq: number): void {
    this.entries = this.entries.filter((entry) => entry.seq >= seq);
    this.oldest = seq;
  }
}
