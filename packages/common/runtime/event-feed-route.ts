import type { Express } from 'express';
import { feedPath, feedQuery } from '../contracts/event-feed.ts';
import { CursorGone, type EventFeed } from './event-feed.ts';
import { parseQuery } from './http-input.ts';
import { sendProblem } from './problem.ts';
import { requireService, type ServiceTokens } from './service-tokens.ts';

/** `GET /internal/events?after=&limit=&wait=`: the feed for other services, by long poll. */
export function mountEventFeed(app: Express, feed: EventFeed, tokens: ServiceTokens): void {
  app.get(feedPath, requireService(tokens), async (req, res) => {
    const { after, limit, wait } = parseQuery(feedQuery, req);
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    try {
      res.json(await feed.read(after, limit, wait * 1000, gone.signal));
    } catch (err) {
      if (!(err instanceof CursorGone)) throw err;
      sendProblem(req, res, err, { oldest: err.oldest });
    }
  });
}
