import type { Express } from 'express';
import { feedPath, feedQuery } from '../contracts/event-feed.ts';
import type { Closers } from './closers.ts';
import { CursorGone, type EventFeed } from './event-feed.ts';
import { parseQuery } from './http-input.ts';
import { sendProblem } from './problem.ts';
import { requireService, type ServiceTokens } from './service-tokens.ts';

export type EventFeedRoute = { feed: EventFeed; tokens: ServiceTokens; closers: Closers };

/** `GET /internal/events?after=&limit=&wait=`: the feed for other services, by long poll, answered early on shutdown. */
export function mountEventFeed(app: Express, { feed, tokens, closers }: EventFeedRoute): void {
  app.get(feedPath, requireService(tokens), async (req, res) => {
    const { after, limit, wait } = parseQuery(feedQuery, req);
    const gone = new AbortController();
    res.once('close', () => gone.abort());
    try {
      const signal = AbortSignal.any([gone.signal, closers.closing]);
      res.json(await feed.read(after, limit, wait * 1000, signal));
    } catch (err) {
      if (!(err instanceof CursorGone)) throw err;
      sendProblem(req, res, err, { oldest: err.oldest });
    }
  });
}
