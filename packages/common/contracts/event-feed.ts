import { z } from 'zod';
import { parleyEvent } from './events/event.ts';
import { problem } from './problem.ts';

export const feedPath = '/internal/events';

export const feedLimits = { limitDefault: 100, limitMax: 1000, waitMaxS: 60, cursorLength: 200 } as const;

/** An opaque place in a feed; only the feed that gave it can read it. */
export const feedCursor = z.string().min(1).max(feedLimits.cursorLength);

/**
 * Query of `GET /internal/events`. No `after`: from the oldest event kept. `after=now`: no events, only the cursor of the end.
 * `wait`: seconds that the answer may be held back until there is something.
 */
export const feedQuery = z.object({
  after: feedCursor.optional(),
  limit: z.coerce.number().int().min(1).max(feedLimits.limitMax).default(feedLimits.limitDefault),
  wait: z.coerce.number().min(0).max(feedLimits.waitMaxS).default(0),
});
export type FeedQuery = z.infer<typeof feedQuery>;

/** Events in order; `cursor` is the `after` of the next request. */
export const feedPage = z.object({ events: z.array(parleyEvent), cursor: feedCursor });
export type FeedPage = z.infer<typeof feedPage>;

/** Body of 410: the cursor is older than what is kept; `oldest` is the `after` that goes on from the first event kept. */
export const feedGone = problem.extend({ code: z.literal('GONE'), oldest: feedCursor });
export type FeedGone = z.infer<typeof feedGone>;
