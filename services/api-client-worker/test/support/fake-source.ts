import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type FeedGone,
  type FeedPage,
  feedGone,
  feedPage,
  feedPath,
  feedQuery,
} from '@parley/common/contracts/event-feed';
import { createKeyRing } from '@parley/common/runtime/key-ring';
import { listenTcp } from '@parley/common/runtime/listen';
import { bearerToken, createServiceTokens, type ServiceTokens } from '@parley/common/runtime/service-tokens';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** The secret that every service of a test shares. */
export const serviceSecret = '0123456789abcdef0123456789abcdef';

export type FakeSource = {
  url: string;
  port: number;
  /** Adds events to the feed and wakes who waits for them. */
  publish(...events: unknown[]): void;
  /** Forgets the first `count` events: a cursor before them is answered with 410. */
  forget(count: number): void;
  /** Answers the feed's requests instead, while it is set. */
  answer: ((res: ServerResponse) => void) | undefined;
  /** How often the feed was asked, and with which cursors. */
  asked: (string | undefined)[];
  /** An access token that the worker accepts, checked by the keys served here. */
  token(claims: { role?: 'admin' | 'user'; scope?: string }): Promise<string>;
  close(): Promise<void>;
};

/**
 * Stands in for users-api or chat-ws: an event feed as the contract has it, for holders of a service token only, and the
 * public keys of access tokens. `port`: to come back at the same address.
 */
export async function startFakeSource(
  name: 'users-api' | 'chat-ws',
  port = 0,
  kept: unknown[] = [],
): Promise<FakeSource> {
  const tokens = createServiceTokens(createKeyRing([serviceSecret]), name);
  const events = [...kept];
  const asked: (string | undefined)[] = [];
  const signer = await createSigner();
  let forgotten = 0;
  let wake = Promise.withResolvers<void>();

  async function feed(req: IncomingMessage, res: ServerResponse, url: URL): Promise<void> {
    await requireToken(tokens, req);
    const { after, limit, wait } = feedQuery.parse(Object.fromEntries(url.searchParams));
    asked.push(after);
    if (source.answer) return source.answer(res);
    const from = after === undefined ? forgotten : Number(after.replace('c', ''));
    if (from < forgotten) return send(res, 410, gone(`c${forgotten}`));
    if (events.length <= from && wait > 0) await Promise.race([wake.promise, timer(wait * 1000), closed(res)]);
    const page: FeedPage = { events: events.slice(from, from + limit) as FeedPage['events'], cursor: '' };
    send(res, 200, { ...page, cursor: `c${from + page.events.length}` });
  }

  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/.well-known/jwks.json') return send(res, 200, { keys: [signer.jwk] });
    if (url.pathname !== feedPath) return send(res, 404, {});
    feed(req, res, url).catch(() => send(res, 401, {}));
  });
  const listening = await listenTcp(server, { host: '127.0.0.1', port, setting: 'test' });

  const source: FakeSource = {
    url: `http://127.0.0.1:${listening.port}`,
    port: listening.port,
    answer: undefined,
    asked,
    token: signer.sign,
    publish(...added) {
      events.push(...added);
      wake.resolve();
      wake = Promise.withResolvers();
    },
    forget(count) {
      forgotten = count;
      wake.resolve();
      wake = Promise.withResolvers();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return source;
}

async function requireToken(tokens: ServiceTokens, req: IncomingMessage): Promise<void> {
  const by = await tokens.verify(bearerToken(req.headers.authorization) ?? '');
  if (by !== 'api-client-worker') throw new Error(`unexpected service ${by}`);
}

function gone(oldest: string): FeedGone {
  const detail = 'Events after this cursor are no longer kept.';
  return feedGone.parse({ type: 'about:blank', title: 'No longer kept', status: 410, detail, code: 'GONE', oldest });
}

function send(res: ServerResponse, status: number, body: unknown): void {
  if (status === 200 && Object.hasOwn(body as object, 'cursor')) expectPage(body);
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** What is published on purpose to be unreadable is marked so, and not held against the contract. */
function expectPage(body: unknown): void {
  const { events, cursor } = body as FeedPage;
  feedPage.parse({ events: events.filter((event) => !Object.hasOwn(event, 'odd')), cursor });
}

async function createSigner() {
  const { privateKey, publicKey } = await generateKeyPair('Ed25519', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'EdDSA', use: 'sig' };
  const sign = ({ role = 'user', scope = '' }: { role?: 'admin' | 'user'; scope?: string }) =>
    new SignJWT({ name: 'ada', role, scope, sid: 's1' })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'k1' })
      .setIssuer('parley')
      .setAudience('parley')
      .setSubject('u_1')
      .setExpirationTime('15m')
      .sign(privateKey);
  return { jwk, sign };
}

const timer = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms).unref());

const closed = (res: ServerResponse) => new Promise((resolve) => res.once('close', resolve));
