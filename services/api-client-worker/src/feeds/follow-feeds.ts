import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Database } from '@parley/common/runtime/database';
import type { Check } from '@parley/common/runtime/readiness';
import type { ServiceTokens } from '@parley/common/runtime/service-tokens';
import type { ServiceContext } from '@parley/common/runtime/start-service';
import { followFeed } from '@parley/net/feed-follower';
import { createFeedReader } from '@parley/net/feed-reader';
import type { Tables } from '../database/tables.ts';
import type { Figures } from '../figures.ts';
import type { Settings } from '../settings.ts';
import { ingestPage, placeIn } from './ingest-page.ts';

export type FollowFeedsOptions = {
  context: ServiceContext<Settings>;
  database: Pick<Database<Tables>, 'db' | 'kind'>;
  figures: Figures;
  tokens: ServiceTokens;
  /** Where each service is now, by its name. */
  sources: Record<string, () => Promise<URL>>;
  /** Called after a commit that queued jobs. */
  onJobs(): void;
};

export type Feeds = {
  /** A feed that is away is said, and no reason to be unready: deliveries and the API go on. */
  checks: Check[];
  measureLag(): void;
};

/** Follows the feed of every source until the closers run. */
export function followFeeds({ context, database, figures, tokens, sources, onJobs }: FollowFeedsOptions): Feeds {
  const { settings, log, closers } = context;
  const { feedLimit: limit, feedWaitMs: waitMs, feedTimeoutMs: timeoutMs, feedBackoffMs: backoffMaxMs } = settings;
  const agent = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  closers.push('connections to feeds', () => {
    agent.http.destroy();
    agent.https.destroy();
  });
  const maxFailures = settings.retrySchedule.length;
  const followed = Object.entries(sources).map(([source, address]) => {
    const read = createFeedReader({ source, address, tokens, agent, limit, waitMs, timeoutMs });
    const feed = followFeed({
      source,
      read,
      place: () => placeIn(database.db, source, Date.now()),
      async takeIn(page) {
        const ingested = await ingestPage(database, { source, ...page }, { now: Date.now(), maxFailures });
        if (ingested.type === 'moved') return ingested.place;
        figures.events.inc({ source }, page.events.length);
        if (ingested.jobs > 0) onJobs();
        return page.to;
      },
      log,
      figures: {
        lost: () => figures.feedLosses.inc({ source }),
        malformed: (events) => figures.malformedEvents.inc({ source }, events),
        failed: () => figures.feedErrors.inc({ source }),
      },
      backoffMaxMs,
    });
    closers.push(`feed of ${source}`, feed.close);
    return { source, feed };
  });
  return {
    checks: followed.map(({ source, feed }) => ({ name: `feed of ${source}`, check: feed.check, isNote: true })),
    measureLag() {
      for (const { source, feed } of followed) figures.feedLag.set({ source }, feed.lagMs() / 1000);
    },
  };
}
