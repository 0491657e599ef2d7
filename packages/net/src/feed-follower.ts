import { setTimeout as delay } from 'node:timers/promises';
import type { AnyEvent } from '@parley/common/contracts/events/any-event';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import { backoffMs } from './backoff.ts';
import type { FeedReading, ReadFeed } from './feed-reader.ts';

export type FeedPage = {
  /** The cursor that the page was read with; null: none, from the oldest event kept. */
  from: string | null;
  /** The one after it. */
  to: string;
  events: AnyEvent[];
  /** Events between the two are lost: the feed no longer kept them. */
  isLoss: boolean;
};

export type FeedFollowerOptions = {
  source: string;
  read: ReadFeed;
  /** The cursor to begin with, asked for again after each failure; null: from the oldest event kept. */
  place(): Promise<string | null>;
  /** Takes a page in; gives the cursor to go on from: the page's, unless somebody else has come to another one meanwhile. */
  takeIn(page: FeedPage): Promise<string | null>;
  log: Logger;
  figures: { lost(): void; malformed(events: number): void; failed(): void };
  /** Longest pause after a failure. */
  backoffMaxMs: number;
};

export type FeedFollower = {
  /** What is wrong at the moment, for `/readyz`. */
  check(): string | undefined;
  /** How far behind the feed, in ms. */
  lagMs(): number;
  close(): Promise<void>;
};

const BACKOFF_BASE_MS = 250;

/** Between two requests, when a feed says at once that it has nothing, as one does that is shutting down. */
const IDLE_PAUSE_MS = 100;

/**
 * Follows one service's events for ever: reads a page, has it taken in, reads on from there. A failure of the feed or of who takes in
 * makes it pause, longer each time, and ask anew where to begin.
 */
export function followFeed(options: FeedFollowerOptions): FeedFollower {
  const { source, read, log, figures, backoffMaxMs } = options;
  const stop = new AbortController();
  let failures = 0;
  /** Since when there is no more known; undefined while everything there is has been taken in. */
  let behindSince: number | undefined = Date.now();

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await readOn(await options.place());
      } catch (err) {
        if (!stop.signal.aborted) await pause(err);
      }
    }
  }

  async function readOn(start: string | null): Promise<void> {
    let place = start;
    // Not held back at first: the answer tells that the feed can be followed (again).
    let waits = false;
    while (!stop.signal.aborted) {
      const askedAt = Date.now();
      const reading = await read(place, { waits, signal: stop.signal });
      const next = await takeIn(reading, place);
      if (failures > 0) log.info({ source }, 'the feed is back');
      failures = 0;
      if (waits && next === place && Date.now() - askedAt < IDLE_PAUSE_MS) await rest(IDLE_PAUSE_MS);
      waits = true;
      place = next;
    }
  }

  async function takeIn(reading: FeedReading, from: string | null): Promise<string | null> {
    const page = reading.type === 'page' ? pageOf(reading, from) : lossOf(reading.oldest, from);
    if (page.to === from) {
      if (page.isLoss) throw new ParleyError('UNAVAILABLE', `The feed of ${source} refuses the cursor that it offers.`);
      behindSince = undefined;
      return from;
    }
    const next = await options.takeIn(page);
    if (next !== page.to) return next;
    if (page.isLoss) {
      figures.lost();
      log.error({ source, oldest: page.to }, 'events were lost: the feed no longer keeps those after the cursor');
    }
    behindSince = reading.type === 'page' && !reading.isFull ? undefined : (timeOfLast(page) ?? behindSince);
    return page.to;
  }

  function pageOf({ events, malformed, cursor }: Extract<FeedReading, { type: 'page' }>, from: string | null) {
    if (malformed.length > 0) {
      figures.malformed(malformed.length);
      log.error({ source, malformed: malformed.slice(0, 3) }, 'events of the feed cannot be read and are passed over');
    }
    return { from, to: cursor, events, isLoss: false };
  }

  function lossOf(oldest: string, from: string | null): FeedPage {
    return { from, to: oldest, events: [], isLoss: true };
  }

  async function pause(err: unknown): Promise<void> {
    behindSince ??= Date.now();
    figures.failed();
    log[failures === 0 ? 'warn' : 'debug']({ err, source }, 'the feed cannot be followed at the moment; trying again');
    const ms = backoffMs({ baseMs: BACKOFF_BASE_MS, maxMs: backoffMaxMs }, failures, Math.random());
    failures += 1;
    await rest(ms);
  }

  async function rest(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: stop.signal }).catch(() => {});
  }

  const following = follow();
  return {
    check: () => (failures > 0 ? 'cannot be followed at the moment' : undefined),
    lagMs: () => (behindSince === undefined ? 0 : Math.max(0, Date.now() - behindSince)),
    async close() {
      stop.abort();
      await following;
    },
  };
}

function timeOfLast({ events }: FeedPage): number | undefined {
  const last = events.at(-1);
  return last && Date.parse(last.at);
}
