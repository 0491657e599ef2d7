import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { feedGone, feedPage, feedPath, feedQuery } from '@parley/common/contracts/event-feed';
import type { ParleyEvent } from '@parley/common/contracts/events/event';
import { eventIdOf } from '@parley/common/contracts/events/event-id';
import { publicUser } from '@parley/common/contracts/user';
import { bearerToken, type ServiceTokens } from '@parley/common/runtime/service-tokens';
import { expect } from 'vitest';

export type TokenOptions = {
  id?: string;
  name?: string;
  /** Seconds from now. */
  expiresIn?: number;
  issuer?: string;
  role?: 'admin' | 'user';
};

/** As much of users-api as chat-ws needs: keys at their address, tokens signed with them, and the feed of its events. */
export async function startUsersApi(tokens: ServiceTokens) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const kid = randomBytes(4).toString('hex');
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' }];
  const state = { isAway: false };
  const feed = new FakeFeed(tokens);
  const server = createServer((req, res) => {
    if (state.isAway) req.socket.destroy();
    else if (req.url?.startsWith(feedPath)) void feed.answer(req, res);
    else if (req.url === '/.well-known/jwks.json')
      res.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    else if (req.url?.startsWith('/api/users/u_') && !req.url.endsWith('nobody')) answerUser(req, res);
    else res.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function token({
    id = `u_${kid}`,
    name = 'ada',
    expiresIn = 900,
    issuer = 'parley',
    role = 'user',
  }: TokenOptions = {}): string {
    const exp = Math.floor(Date.now() / 1000) + expiresIn;
    const claims = { iss: issuer, aud: 'parley', sub: id, name, role, scope: '', sid: 's1', exp };
    const signed = `${encode({ alg: 'EdDSA', typ: 'JWT', kid })}.${encode(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
  }

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    /** Whether it answers. */
    state,
    feed,
    /** The address stays the same; connections that are open are cut. */
    goAway() {
      state.isAway = true;
      server.closeAllConnections();
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type UsersApi = Awaited<ReturnType<typeof startUsersApi>>;

/** Everybody is there whose id is `u_` and a name, for who shows a token. */
function answerUser(req: IncomingMessage, res: ServerResponse): void {
  const username = req.url?.replace('/api/users/u_', '') ?? '';
  if (!req.headers.authorization?.startsWith('Bearer ')) return void res.writeHead(401).end();
  const at = new Date(0).toISOString();
  const user = { username, displayName: username, role: 'user', avatarUrl: null, createdAt: at, updatedAt: at };
  res
    .setHeader('content-type', 'application/json')
    .end(JSON.stringify(publicUser.parse({ id: `u_${username}`, ...user })));
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Its event feed, with cursors `c<number of events before>`; what goes out is checked with the contract. */
export class FakeFeed {
  readonly events: ParleyEvent[] = [];
  /** Cursors that were asked with; undefined: from the oldest. */
  readonly asked: (string | undefined)[] = [];
  /** Events before this number are no longer kept. */
  oldest = 0;
  readonly #tokens: ServiceTokens;
  #wake = Promise.withResolvers<void>();

  constructor(tokens: ServiceTokens) {
    this.#tokens = tokens;
  }

  deleted(id: string, at = Date.now()): void {
    const data = { id, username: id.replace('u_', '') };
    this.publish({ id: eventIdOf('user.deleted', id), type: 'user.deleted', at: new Date(at).toISOString(), data });
  }

  updated(id: string, { username, role = 'user' }: { username: string; role?: 'admin' | 'user' }): void {
    const at = new Date().toISOString();
    const data = { id, username, displayName: username, role, avatarUrl: null, createdAt: at, updatedAt: at };
    this.publish({ id: eventIdOf('user.updated', id, this.events.length), type: 'user.updated', at, data });
  }

  publish(event: ParleyEvent): void {
    this.events.push(event);
    this.wake();
  }

  wake(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://users-api');
    try {
      expect(await this.#tokens.verify(bearerToken(req.headers.authorization) ?? '')).toBe('chat-ws');
    } catch {
      res.writeHead(401).end();
      return;
    }
    const { after, limit, wait } = feedQuery.parse(Object.fromEntries(url.searchParams));
    this.asked.push(after);
    const from = after === undefined ? this.oldest : Number(after.slice(1));
    if (from >= this.events.length && wait > 0) {
      const over = new Promise((resolve) => setTimeout(resolve, wait * 1_000).unref());
      await Promise.race([this.#wake.promise, over, new Promise((resolve) => res.once('close', resolve))]);
    }
    if (from < this.oldest || from > this.events.length) {
      const gone = {
        type: 'about:blank',
        title: 'No longer kept',
        status: 410,
        code: 'GONE',
        oldest: `c${this.oldest}`,
      };
      res.writeHead(410, { 'content-type': 'application/problem+json' }).end(JSON.stringify(feedGone.parse(gone)));
      return;
    }
    const events = this.events.slice(from, from + limit);
    const page = feedPage.parse({ events, cursor: `c${from + events.length}` });
    res.setHeader('content-type', 'application/json').end(JSON.stringify(page));
  }
}
