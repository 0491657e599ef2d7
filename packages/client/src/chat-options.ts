import type { Backoff } from '@parley/net/backoff';
import type { WebSocketConstructor } from './connection.ts';
import type { ChatAuth } from './credentials.ts';

export type ChatOptions = {
  /** Of chat-ws: `wss://chat.example.org/ws`. */
  url: string;
  auth: ChatAuth;
  /** Another WebSocket than the platform's: that of `ws`, say, in a class that sends headers. */
  webSocket?: WebSocketConstructor;
  /** For getting a token, connecting and logging in, together. */
  connectMs?: number;
  /** Until a read is given up, and an unanswered join is repeated. */
  requestMs?: number;
  /** Until a post is given up, breaks of the connection included. */
  postMs?: number;
  /** Silence after a ping that ends a connection. A ping is sent after as much silence as the server says. */
  pongMs?: number;
  /** Failed tries to connect in a row after which the client ends with an error. */
  maxAttempts?: number;
  /** Between two tries: each delay is drawn from 0 to a value that doubles from `baseMs` up to `maxMs`. */
  backoff?: { baseMs: number; maxMs: number };
  /** Posts that may wait for their answers; one more is LIMIT_REACHED. */
  mostUnanswered?: number;
  /** Posts that are sent before the first of them is answered. */
  underWay?: number;
  /** Messages that each `for await` loop keeps before it falls behind. */
  buffered?: number;
  /** From 0 to 1. */
  random?: () => number;
};

/** The delays of AWS's "full jitter": clients that were cut off together do not come back together. */
const fullJitter = { from: 0, to: 1 };

/** @throws TypeError when there is nothing to connect by or to */
export function completeOptions({ backoff, ...given }: ChatOptions) {
  if (!/^wss?:\/\//.test(given.url)) throw new TypeError(`url: ${given.url} does not begin with ws:// or wss://`);
  const defaults = {
    webSocket: globalThis.WebSocket as WebSocketConstructor,
    connectMs: 10_000,
    requestMs: 10_000,
    postMs: 60_000,
    pongMs: 10_000,
    maxAttempts: Number.POSITIVE_INFINITY,
    mostUnanswered: 1_000,
    underWay: 64,
    buffered: 1_000,
    random: Math.random,
  };
  if (typeof (given.webSocket ?? defaults.webSocket) !== 'function') {
    throw new TypeError('webSocket: this platform has none; give that of the package ws');
  }
  const times: Backoff = { baseMs: 500, maxMs: 20_000, ...backoff, spread: fullJitter };
  return { ...defaults, ...given, backoff: times };
}
