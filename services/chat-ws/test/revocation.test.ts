import { feedPage } from '@parley/common/contracts/event-feed';
import { roomSeen } from '@parley/common/contracts/room-seen';
import { describeEachDatabase, describePostgres } from '@parley/common/runtime/test-databases';
import { expect, test, vi } from 'vitest';
import { patience } from './client.ts';
import { TestGateway } from './gateway.ts';
import { restOf } from './rest-calls.ts';
import { startChat, type TestChat } from './start-chat.ts';

const ada = { id: 'u_ada', name: 'ada' };
const ben = { id: 'u_ben', name: 'ben' };

async function login(chat: TestChat, user: { id: string; name: string; role?: 'admin' | 'user' }, room = 'lobby') {
  const client = await chat.client();
  const { ticket } = await client.ask<'auth_success'>({ type: 'auth', token: chat.usersApi.token(user) });
  await client.ask<'joined'>({ type: 'join', room });
  return { client, ticket };
}

/** With a token or a ticket. */
async function tryIn(chat: TestChat, shown: { token: string } | { ticket: string }): Promise<string> {
  const client = await chat.client();
  return (await client.ask({ type: 'auth', ...shown })).type;
}

async function eventsOf(chat: TestChat) {
  const headers = { authorization: `Bearer ${await chat.tokens.sign('chat-ws')}` };
  return feedPage.parse(await (await fetch(`${chat.http}/internal/events`, { headers })).json()).events;
}

/** The status of a call as somebody. */
async function call(chat: TestChat, token: string, method: string, path: string, body: unknown): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return (await fetch(`${chat.http}/api/rooms${path}`, { method, headers, body: JSON.stringify(body) })).status;
}

function posts(chat: TestChat, token: string): Promise<number> {
  return call(chat, token, 'POST', '/lobby/messages', { text: 'by rest' });
}

describeEachDatabase('a deleted user', (databases) => {
  test('is out at once on every way in, and stays out over a restart', async () => {
    const { databaseUrl } = await databases.create();
    const chat = await startChat(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl });
    try {
      const [token, other] = [chat.usersApi.token(ada), chat.usersApi.token(ben)];
      const first = await login(chat, ada);
      const second = await login(chat, ada, 'elsewhere');
      const stays = await login(chat, ben);
      const gateway = await TestGateway.open(chat);
      gateway.send({ t: 'open', s: 1, address: '192.0.2.1' });
      await gateway.ask(1, { type: 'auth', token });
      first.client.send({ type: 'post', room: 'lobby', text: 'hello' });
      await first.client.first('message');
      first.client.send({ type: 'seen', room: 'lobby', seq: 1 });
      const seen = async () => roomSeen.parse(await (await fetch(`${chat.http}/api/rooms/lobby/seen`)).json()).total;
      await vi.waitFor(async () => expect(await seen()).toBe(1), patience);
      expect(await posts(chat, token)).toBe(201);

      chat.usersApi.feed.deleted(ada.id);
      expect(await first.client.closed).toMatchObject({ code: 4401 });
      expect(await second.client.closed).toMatchObject({ code: 4401 });
      expect(await gateway.waitFor('closed')).toMatchObject({ s: 1, code: 4401 });
      await stays.client.waitFor((got): got is typeof got & { type: 'presence' } => {
        return got.type === 'presence' && got.event === 'leave' && got.user?.id === ada.id;
      });
      const refused = async () => {
        expect(await tryIn(chat, { token })).toBe('auth_failed');
        expect(await tryIn(chat, { ticket: first.ticket })).toBe('auth_failed');
        expect(await posts(chat, token)).toBe(401);
        const headers = { authorization: `Bearer ${token}` };
        expect((await fetch(`${chat.http}/api/rooms`, { headers })).status).toBe(401);
      };
      await refused();
      await vi.waitFor(async () => expect(await seen()).toBe(0), patience);
      // It owned the room that it had made by joining it.
      const left = { type: 'member.left', data: { room: 'lobby', user: ada, reason: 'removed' } };
      await vi.waitFor(
        async () => expect(await eventsOf(chat)).toContainEqual(expect.objectContaining(left)),
        patience,
      );
      expect(await stays.client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
      // Who asked users-api in time may have been told that it is there; this one says so for ever.
      expect(await call(chat, other, 'POST', '', { name: 'of-ben' })).toBe(201);
      expect(await call(chat, other, 'PUT', '/of-ben/members/u_ada', { role: 'member' })).toBe(404);
      expect(await call(chat, other, 'POST', '', { visibility: 'direct', with: ada.id })).toBe(404);

      // What is stored of it needs nobody to be told again.
      await vi.waitFor(() => expect(chat.usersApi.feed.asked.at(-1)).toBe('c1'), patience);
      await chat.restart();
      chat.usersApi.goAway();
      await chat.restart();
      expect(await tryIn(chat, { ticket: first.ticket })).toBe('auth_failed');
      expect(await tryIn(chat, { ticket: stays.ticket })).toBe('auth_success');
      chat.usersApi.state.isAway = false;
      await refused();
      expect(await posts(chat, other)).toBe(201);
      await vi.waitFor(() => expect(chat.usersApi.feed.asked.at(-1)).toBe('c1'), patience);
    } finally {
      await chat.close();
    }
  });
});

describeEachDatabase('a changed user', (databases) => {
  test('is over a restart what it was changed to last, whatever was signed before', async () => {
    const { databaseUrl } = await databases.create();
    const chat = await startChat(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl });
    try {
      const [root, eve] = (['admin', 'user'] as const).map((role) => ({ id: `u_${role}`, name: role, role }));
      const tokens = [root, eve].map((user) => chat.usersApi.token(user));
      const administer = () =>
        Promise.all(
          tokens.map(async (token) => {
            const headers = { authorization: `Bearer ${token}` };
            return (await fetch(`${chat.http}/api/admin/sessions`, { headers })).status;
          }),
        );
      expect(await administer()).toEqual([200, 403]);
      const { feed } = chat.usersApi;
      feed.updated('u_user', { username: 'eve', role: 'user' });
      feed.updated('u_user', { username: 'eve', role: 'admin' });
      await vi.waitFor(() => expect(feed.asked.at(-1)).toBe('c2'), patience);
      feed.updated('u_admin', { username: 'root', role: 'user' });
      await vi.waitFor(() => expect(feed.asked.at(-1)).toBe('c3'), patience);
      await chat.restart();
      // Nobody is told of it again.
      expect(await administer()).toEqual([403, 200]);
      const client = await chat.client();
      expect(await client.ask({ type: 'auth', token: tokens[1] })).toMatchObject({ user: { name: 'eve' } });
      feed.deleted('u_user');
      await vi.waitFor(() => expect(feed.asked.at(-1)).toBe('c4'), patience);
      await chat.restart();
      expect(await administer()).toEqual([403, 401]);
    } finally {
      await chat.close();
    }
  });
});

describePostgres('several nodes', (databases) => {
  test('each ends its own sessions, wherever the other is in the feed', async () => {
    const { databaseUrl = '' } = await databases.create();
    const one = await startChat({ DATABASE_URL: databaseUrl });
    const two = await startChat({ DATABASE_URL: databaseUrl, USERS_API_URL: one.usersApi.url });
    try {
      const token = one.usersApi.token(ada);
      const clients = await Promise.all([one, two].map((node) => node.client()));
      for (const client of clients) expect(await client.ask({ type: 'auth', token })).toMatchObject({ user: ada });
      one.usersApi.feed.deleted(ada.id);
      for (const client of clients) expect(await client.closed).toMatchObject({ code: 4401 });
      for (const node of [one, two]) expect(await tryIn(node, { token })).toBe('auth_failed');
    } finally {
      await two.close();
      await one.close();
    }
  });
});

test('users-api away: everybody stays, it is said, and who was deleted meanwhile goes when it is back', async () => {
  const chat = await startChat({ CHAT_WS_USERS_FEED_BACKOFF_MS: '50' });
  try {
    const { client } = await login(chat, ada);
    const { client: stays } = await login(chat, ben);
    await vi.waitFor(async () => expect(await chat.metric('parley_chat_users_feed_lag_seconds')).toBe(0), patience);
    chat.usersApi.goAway();
    const lag = async () => expect(await chat.metric('parley_chat_users_feed_lag_seconds')).toBeGreaterThan(0);
    await vi.waitFor(lag, patience);
    expect(await chat.metric('parley_chat_users_feed_errors_total')).toBeGreaterThan(0);
    const ready = await fetch(`${chat.http}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ notes: { 'feed of users-api': expect.any(String) } });
    expect(await client.ask({ type: 'post', room: 'lobby', text: 'still here' })).toMatchObject({ type: 'posted' });
    chat.usersApi.feed.deleted(ada.id);
    chat.usersApi.state.isAway = false;
    expect(await client.closed).toMatchObject({ code: 4401 });
    expect(await stays.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
    await vi.waitFor(async () => expect(await chat.metric('parley_chat_users_feed_lag_seconds')).toBe(0), patience);
  } finally {
    await chat.close();
  }
});

test('a cursor that is no longer kept: on from the oldest event, counted', async () => {
  const chat = await startChat();
  try {
    const { client } = await login(chat, ada);
    const { feed } = chat.usersApi;
    await vi.waitFor(() => expect(feed.asked.length).toBeGreaterThan(1), patience);
    feed.events.push(event('u_x'), event('u_y'), event('u_z'));
    feed.oldest = 3;
    feed.deleted(ada.id);
    expect(await client.closed).toMatchObject({ code: 4401 });
    expect(await chat.metric('parley_chat_users_feed_losses_total')).toBe(1);
    expect(feed.asked).toContain('c3');
  } finally {
    await chat.close();
  }
});

const event = (id: string) =>
  ({
    id: `user.deleted:${id}`,
    type: 'user.deleted',
    at: new Date().toISOString(),
    data: { id, username: 'x1' },
  }) as const;

test('a changed name holds for live sessions, and for tokens and tickets from before', async () => {
  const chat = await startChat();
  try {
    const admin = { ...ada, role: 'admin' } as const;
    const { client, ticket } = await login(chat, admin);
    const { client: reader } = await login(chat, ben);
    chat.usersApi.feed.updated(ada.id, { username: 'lovelace' });
    await vi.waitFor(async () => {
      await client.ask({ type: 'post', room: 'lobby', text: 'who am I?' });
      expect(reader.all('message').at(-1)?.from).toEqual({ id: ada.id, name: 'lovelace' });
    }, patience);
    const { members } = await reader.ask<'members'>({ type: 'members', room: 'lobby' });
    expect(members).toContainEqual({ id: ada.id, name: 'lovelace', guest: false });
    for (const shown of [{ token: chat.usersApi.token(admin) }, { ticket }]) {
      const again = await chat.client();
      expect(await again.ask({ type: 'auth', ...shown })).toMatchObject({ user: { name: 'lovelace' } });
    }
  } finally {
    await chat.close();
  }
});

test('an admin who becomes a user is one at once: in rooms, over messages, over REST, and by what was signed before', async () => {
  const chat = await startChat();
  try {
    const rest = restOf(chat);
    for (const room of ['closed', 'shared']) await rest.create('ben', room, { visibility: 'private' });
    await rest.put('ben', 'shared', 'u_root', 'member');
    const owner = await rest.joined('ben', 'lobby');
    for (const text of ['one', 'two', 'three']) await owner.ask({ type: 'post', room: 'lobby', text });
    const root = await chat.client();
    const token = rest.tokenOf('root');
    const { ticket } = await root.ask<'auth_success'>({ type: 'auth', token });
    for (const room of ['closed', 'shared', 'lobby']) {
      expect(await root.ask({ type: 'join', room }), room).toMatchObject({ type: 'joined' });
    }
    const erase = (seq: number) => root.ask({ type: 'delete', room: 'lobby', seq });
    const headers = { authorization: `Bearer ${token}` };
    const administers = async () => (await fetch(`${chat.http}/api/admin/sessions`, { headers })).status;
    expect(await erase(1)).toMatchObject({ type: 'posted' });
    expect(await administers()).toBe(200);

    chat.usersApi.feed.updated('u_root', { username: 'root' });
    expect(await root.first('left')).toMatchObject({ room: 'closed', reason: 'removed' });
    expect(await root.ask({ type: 'join', room: 'closed' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await erase(2)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await administers()).toBe(403);
    // A member stays where it is one.
    expect(await root.ask({ type: 'post', room: 'shared', text: 'still here' })).toMatchObject({ type: 'posted' });
    expect(root.all('left')).toHaveLength(1);
    const resumed = await chat.client();
    expect(await resumed.ask({ type: 'auth', ticket })).toMatchObject({ type: 'auth_success' });
    expect(await resumed.ask({ type: 'join', room: 'closed' })).toMatchObject({ code: 'NOT_FOUND' });
  } finally {
    await chat.close();
  }
});

test('a user who becomes an admin is one at once', async () => {
  const chat = await startChat();
  try {
    const rest = restOf(chat);
    await rest.create('ben', 'closed', { visibility: 'private' });
    const eve = await rest.login('eve');
    expect(await eve.ask({ type: 'join', room: 'closed' })).toMatchObject({ code: 'NOT_FOUND' });
    chat.usersApi.feed.updated('u_eve', { username: 'eve', role: 'admin' });
    await vi.waitFor(async () => {
      expect(await eve.ask({ type: 'join', room: 'closed' })).toMatchObject({ type: 'joined' });
    }, patience);
  } finally {
    await chat.close();
  }
});
