import { type Content, type Shown, shows } from './content.ts';
import type { Attempt, Entry, Story } from './story.ts';

/** What a message has said since its entry, or a change of it, with this `seq`; undefined: not known. `tick`: somebody knew of it by then. */
type Version = { seq: number; content: Content | undefined; tick: number };

/** Before the last tick that there may be, and after all others. */
const AT_THE_END = Number.MAX_SAFE_INTEGER - 1;

/** All that is known of what was said in one epoch of a room. */
export class Versions {
  /** Of each message, by the number of the message. */
  readonly #messages = new Map<number, Map<number, Version>>();
  readonly #attempts: Attempt[];
  /** From here on, the log has told of every change. */
  #oldest = Number.POSITIVE_INFINITY;

  constructor({ attempts, stretches, logs }: Story, room: string, epoch: string) {
    this.#attempts = attempts.filter((attempt) => attempt.room === room);
    for (const { of, content, outcome } of this.#attempts) {
      if (outcome.is === 'posted' && outcome.epoch === epoch) this.#learn(outcome.seq, of, content, outcome.tick);
    }
    for (const stretch of stretches) {
      if (stretch.room !== room || stretch.epoch !== epoch) continue;
      for (const given of stretch.given)
        if (given.is === 'entry') this.#learn(given.seq, given.of, undefined, given.tick);
    }
    for (const log of logs) {
      if (log.room !== room || log.epoch !== epoch) continue;
      this.#oldest = log.oldest;
      for (const { seq, of } of log.entries) this.#learn(seq, of, undefined, AT_THE_END);
    }
  }

  /**
   * Whether an entry may have looked so to who asked at `since`: like one of the versions from its own on, and none that somebody had
   * known to be over by then.
   */
  mayShow({ seq, of, shown }: Pick<Entry, 'seq' | 'of' | 'shown'>, since: number): boolean {
    const message = of ?? seq;
    const all = this.#of(message).filter((version) => version.seq >= seq);
    const known = all.findLastIndex(({ tick }) => tick < since);
    const possible = all.slice(Math.max(0, known));
    const isTold = possible.some(({ seq: at, content }) =>
      content === undefined ? this.#isAttempted(at === message ? undefined : message, shown) : shows(content, shown),
    );
    if (isTold || message >= this.#oldest) return isTold;
    const least = possible[0]?.content;
    // What has been erased is not changed any more.
    if (least !== undefined && 'deleted' in least) return false;
    return this.#isUnanswered(message, shown) || (all.length === 0 && this.#isUnanswered(undefined, shown));
  }

  #of(message: number): Version[] {
    const known = this.#messages.get(message)?.values() ?? [];
    return [...known].toSorted((a, b) => a.seq - b.seq);
  }

  /** An answer was lost: it is one of the contents that were sent. */
  #isAttempted(of: number | undefined, shown: Shown): boolean {
    return this.#attempts.some((attempt) => attempt.of === of && shows(attempt.content, shown));
  }

  /** A post, or a change of a message, that was never answered, and is gone with its log: nobody may have been told its place. */
  #isUnanswered(message: number | undefined, shown: Shown): boolean {
    return this.#attempts.some(
      ({ of, content, outcome }) => of === message && outcome.is === 'maybe' && shows(content, shown),
    );
  }

  #learn(seq: number, of: number | undefined, content: Content | undefined, tick: number): void {
    const message = of ?? seq;
    const versions = this.#messages.get(message) ?? new Map([[message, { seq: message, content: undefined, tick: 0 }]]);
    this.#messages.set(message, versions);
    const known: Version = versions.get(seq) ?? { seq, content: undefined, tick };
    versions.set(seq, { seq, content: known.content ?? content, tick: Math.min(known.tick, tick) });
  }
}
