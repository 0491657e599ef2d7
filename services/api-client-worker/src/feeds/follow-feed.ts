import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@parley/common/runtime/database';
import { ParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import { backoffMs } from '@parley/net/backoff';
import type { Tables } from '../database/tables.ts';
import type { Figures } from '../figures.ts';
import { ingestPage, type Page, placeIn } from './ingest-page.ts';
import type { FeedReading, ReadFeed } from './read-feed.ts';

export type FollowOptions = {
  source: string;
  read: ReadFeed;
  database: Pick<Database<Tables>, 'db' | 'kind'>;
  log: Logger;
  figures: Figures;
  /** Longest pause after a failure. */
  backoffMaxMs: number;
  maxFailures: number;
  /** Called after a commit that queued jobs. */
  onJobs(): void;
};

export type Following = {
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
 * Follows one feed for ever: reads a page, takes it in, reads on from there. A failure of the feed or of the database
 * makes it pause, longer each time, and ask the database anew how far it came.
 */
export function followFeed(options: FollowOptions): Following {
  const { source, read, database, log, figures, backoffMaxMs, maxFailures, onJobs } = options;
  const stop = new AbortController();
  let failures = 0;
  /** Since when the worker knows of no more; undefined while it has everything there is. */
  let behindSince: number | undefined = Date.now();

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await readOn(await placeIn(database.db, source, Date.now()));
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
    const ingested = await ingestPage(database, page, { now: Date.now(), maxFailures });
    if (ingested.type === 'moved') return ingested.place;
    if (page.isLoss) {
      figures.feedLosses.inc({ source });
      log.error({ source, oldest: page.to }, 'events were lost: the feed no longer keeps those after the cursor');
    }
    figures.events.inc({ source }, page.events.length);
    if (ingested.jobs > 0) onJobs();
    behindSince = reading.type === 'page' && !reading.isFull ? undefined : (timeOfLast(page) ?? behindSince);
    return page.to;
  }

  function pageOf({ events, malformed, cursor }: Extract<FeedReading, { type: 'page' }>, from: string | null): Page {
    if (malformed.length > 0) {
      figures.malformedEvents.inc({ source }, malformed.length);
      log.error({ source, malformed: malformed.slice(0, 3) }, 'events of the feed cannot be read and are passed over');
    }
    return { source, from, to: cursor, events, isLoss: false };
  }

  function lossOf(oldest: string, from: string | null): Page {
    return { source, from, to: oldest, events: [], isLoss: true };
  }

  async function pause(err: unknown): Promise<void> {
    behindSince ??= Date.now();
    figures.feedErrors.inc({ source });
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

function timeOfLast({ events }: Page): number | undefined {
  const last = events.at(-1);
  return last && Date.parse(last.at);
}
