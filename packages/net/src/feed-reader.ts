import { feedCursor, feedGone, feedPath } from '@parley/common/contracts/event-feed';
import { type AnyEvent, anyEvent } from '@parley/common/contracts/events/any-event';
import { parseContract } from '@parley/common/contracts/parse-contract';
import { parseJson } from '@parley/common/contracts/parse-json';
import { ParleyError } from '@parley/common/runtime/errors';
import type { ServiceTokens } from '@parley/common/runtime/service-tokens';
import got, { type Agents } from 'got';
import { z } from 'zod';

export type FeedReaderOptions = {
  source: string;
  address: () => Promise<URL>;
  tokens: ServiceTokens;
  agent: Agents;
  limit: number;
  waitMs: number;
  timeoutMs: number;
};

/** `malformed`: events that were passed over, each with what is wrong. `isFull`: there is probably more at once. */
export type FeedReading =
  | { type: 'page'; events: AnyEvent[]; malformed: string[]; cursor: string; isFull: boolean }
  | { type: 'gone'; oldest: string };

/** `waits`: the answer may be held back until there is something. */
export type ReadFeed = (after: string | null, options: { waits: boolean; signal: AbortSignal }) => Promise<FeedReading>;

/** Far more than a feed puts into a page: who answers with more is no feed. */
const MAX_PAGE_BYTES = 16 << 20;

/** Each event is read for itself, so that one which cannot be read does not hold up all that follow. */
const page = z.object({ events: z.array(z.unknown()), cursor: feedCursor });

/** Reads a service's feed over HTTP. The reader throws ParleyError UNAVAILABLE when the feed cannot be had. */
export function createFeedReader({ source, address, tokens, agent, ...options }: FeedReaderOptions): ReadFeed {
  const { limit, timeoutMs } = options;
  return async (after, { waits, signal }) => {
    const waitMs = waits ? options.waitMs : 0;
    const url = new URL(feedPath, await address());
    url.searchParams.set('limit', String(limit));
    url.searchParams.set('wait', String(waitMs / 1000));
    if (after !== null) url.searchParams.set('after', after);
    const tooLarge = new AbortController();
    const { statusCode, body } = await got(url, {
      headers: { authorization: `Bearer ${await tokens.sign(source)}` },
      agent,
      timeout: { request: waitMs + timeoutMs },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      // Compressed bytes could not be bounded before they are unpacked.
      decompress: false,
      signal: AbortSignal.any([signal, tooLarge.signal]),
    })
      .on('downloadProgress', ({ transferred }) => {
        if (transferred > MAX_PAGE_BYTES) tooLarge.abort();
      })
      .catch((err: Error) => {
        // got's own error carries the request, token and all: it must not reach a log.
        const why = tooLarge.signal.aborted ? 'its answer is too large' : err.message;
        throw new ParleyError('UNAVAILABLE', `The feed of ${source} cannot be read: ${why}`);
      });
    if (statusCode === 200) return readPage(parseJson(body), limit);
    if (statusCode === 410) return { type: 'gone', oldest: parseContract(feedGone, parseJson(body), 'answer').oldest };
    throw new ParleyError('UNAVAILABLE', `The feed of ${source} answered ${statusCode}.`);
  };
}

function readPage(json: unknown, limit: number): FeedReading {
  const { events: given, cursor } = parseContract(page, json, 'feed page');
  const events: AnyEvent[] = [];
  const malformed: string[] = [];
  for (const event of given) {
    const parsed = anyEvent.safeParse(event);
    if (parsed.success) events.push(parsed.data);
    else malformed.push(parsed.error.message);
  }
  return { type: 'page', events, malformed, cursor, isFull: given.length >= limit };
}
