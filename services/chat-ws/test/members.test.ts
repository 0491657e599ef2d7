import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { TestGateway } from './gateway.ts';
import { restOf } from './rest-calls.ts';
import { startChat, type TestChat } from './start-chat.ts';

describeEachDatabase('members of rooms', (databases) => {
  let chat: TestChat;
  let rest: ReturnType<typeof restOf>;
  beforeAll(async () => {
    const { databaseUrl } = await databases.create();
    chat = await startChat({
      CHAT_WS_POSTS: '100000',
      CHAT_WS_BEHIND_BYTES: '16384',
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    });
    rest = restOf(chat);
  });
  afterAll(() => chat.close());

  test('a private room is there for its members only', async () => {
    await rest.create('ada', 'den', { visibility: 'private' });
    const [ada, bob] = [await rest.joined('ada', 'den'), await rest.login('bob')];
    const guest = await chat.guest('guest');
    for (const outsider of [bob, guest]) {
      for (const message of [
        { type: 'join', room: 'den' },
        { type: 'post', room: 'den', text: 'x' },
        { type: 'history', room: 'den' },
        { type: 'members', room: 'den' },
      ])
        expect(await outsider.ask(message)).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
    }
    await rest.put('ada', 'den', 'u_bob', 'member');
    expect(await bob.ask({ type: 'post', room: 'den', text: 'in' })).toMatchObject({ type: 'posted', seq: 1 });
    expect(await bob.ask({ type: 'join', room: 'den', after: 'start' })).toMatchObject({ type: 'joined', members: 2 });
    expect(await ada.first('message')).toMatchObject({ text: 'in' });
    await rest.remove('ada', 'den', 'u_bob');
    expect(await bob.first('left')).toEqual({ type: 'left', room: 'den', reason: 'removed' });
    expect(await bob.ask({ type: 'history', room: 'den' })).toMatchObject({ code: 'NOT_FOUND' });
    await ada.ask({ type: 'post', room: 'den', text: 'among us' });
    await ada.seqs('den', 2);
    await bob.ask({ type: 'ping' });
    expect(bob.all('message').map(({ text }) => text)).toEqual(['in']);
    expect(await ada.ask({ type: 'members', room: 'den' })).toMatchObject({ total: 1 });
  });

  test('who joins a room that is not there owns it; guests own nothing', async () => {
    await rest.joined('ada', 'made-by-ada');
    expect((await rest.call('ada', 'PATCH', '/made-by-ada', { body: { topic: 'mine' } })).status).toBe(200);
    await chat.guestIn('made-by-guest');
    expect((await rest.call('ada', 'PATCH', '/made-by-guest', { body: { topic: 'mine' } })).status).toBe(403);
  });

  test('a ban takes effect with its answer, for all of the user: joined or not, catching up, over REST', async () => {
    await rest.create('ada', 'banning');
    const ada = await rest.joined('ada', 'banning');
    // 15 MB: more than the kernel keeps for a socket whose other end does not read.
    for (let n = 0; n < 500; n += 50) {
      for (const _ of range(1, 50)) ada.send({ type: 'post', room: 'banning', text: 'x'.repeat(30_000) });
      await ada.seqs('banning', n + 50);
    }
    const [joined, second, writer] = [
      await rest.joined('bob', 'banning'),
      await rest.login('bob'),
      await rest.login('bob'),
    ];
    expect(await writer.ask({ type: 'post', room: 'banning', text: 'still' })).toMatchObject({ type: 'posted' });
    // It is given the log from its beginning, and reads none of it yet.
    second.ws.pause();
    second.send({ type: 'join', room: 'banning', after: 'start' });
    await vi.waitFor(async () => expect(await chat.metric('parley_chat_behind')).toBe(1), patience);
    // Posting all the while; what is posted after the answer is refused.
    let isAnswered = false;
    const refusedAfter: unknown[] = [];
    const posting = (async () => {
      for (let n = 0; n < 500 && refusedAfter.length < 3; n++) {
        const wasAnswered = isAnswered;
        const answer = await writer.ask({ type: 'post', room: 'banning', text: 'during' });
        if (wasAnswered) refusedAfter.push('code' in answer ? answer.code : answer.type);
      }
    })();
    expect((await rest.put('ada', 'banning', 'u_bob', 'banned')).status).toBe(201);
    isAnswered = true;
    await posting;
    expect(refusedAfter).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    expect(await joined.first('left')).toMatchObject({ room: 'banning', reason: 'banned' });
    const marker = await ada.ask<'posted'>({ type: 'post', room: 'banning', text: 'without bob' });
    await ada.waitFor((message): message is never => message.type === 'message' && message.seq === marker.seq);
    second.ws.resume();
    expect(await second.first('left')).toMatchObject({ reason: 'banned' });
    await second.ask({ type: 'ping' });
    expect(second.all('message').length).toBeLessThan(500);
    expect(second.got.findLast(({ type }) => type !== 'pong')?.type).toBe('left');
    for (const message of [
      { type: 'join', room: 'banning' },
      { type: 'history', room: 'banning' },
    ])
      expect(await joined.ask(message)).toMatchObject({ code: 'FORBIDDEN' });
    expect((await rest.call('bob', 'POST', '/banning/messages', { body: { text: 'x' } })).status).toBe(403);
    expect((await rest.call('bob', 'GET', '/banning/messages')).status).toBe(403);
    await rest.remove('ada', 'banning', 'u_bob');
    expect(await joined.ask({ type: 'join', room: 'banning' })).toMatchObject({ type: 'joined' });
  });

  test('a guest who is in the room can be banned, and be nothing else', async () => {
    await rest.create('ada', 'open-house');
    const guest = await chat.client();
    const { user, ticket } = await guest.ask<'auth_success'>({ type: 'auth', guest: 'troll' });
    await guest.ask({ type: 'join', room: 'open-house' });
    const put = async (id: string, role: string) => (await rest.put('ada', 'open-house', id, role)).status;
    expect(await put(user.id, 'member')).toBe(409);
    expect(await put('g_nobody', 'banned')).toBe(404);
    const banned = await rest.put('ada', 'open-house', user.id, 'banned');
    expect(banned).toMatchObject({ status: 201, body: { id: user.id, name: user.name, role: 'banned' } });
    expect(await guest.first('left')).toEqual({ type: 'left', room: 'open-house', reason: 'banned' });
    const again = await chat.client();
    await again.ask({ type: 'auth', ticket });
    for (const message of [
      { type: 'join', room: 'open-house' },
      { type: 'post', room: 'open-house', text: 'x' },
      { type: 'history', room: 'open-house' },
    ])
      expect(await again.ask(message)).toMatchObject({ code: 'FORBIDDEN' });
    expect(await put(user.id, 'member')).toBe(409);
    await rest.remove('ada', 'open-house', user.id);
    expect(await again.ask({ type: 'join', room: 'open-house' })).toMatchObject({ type: 'joined' });
  });

  test('of a room that becomes private, members stay and the others leave', async () => {
    await rest.create('ada', 'closing');
    await rest.put('ada', 'closing', 'u_bob', 'member');
    const [ada, bob, eve, root] = [
      await rest.joined('ada', 'closing'),
      await rest.joined('bob', 'closing'),
      await rest.joined('eve', 'closing'),
      await rest.joined('root', 'closing'),
    ];
    const guest = await chat.guestIn('closing');
    await rest.call('ada', 'PATCH', '/closing', { body: { visibility: 'private' } });
    for (const outsider of [eve, guest])
      expect(await outsider.first('left')).toEqual({ type: 'left', room: 'closing', reason: 'removed' });
    await ada.ask({ type: 'post', room: 'closing', text: 'among us' });
    for (const insider of [ada, bob, root]) expect(await insider.first('message')).toMatchObject({ text: 'among us' });
    await eve.ask({ type: 'ping' });
    expect(eve.all('message')).toEqual([]);
    expect(await eve.ask({ type: 'post', room: 'closing', text: 'x' })).toMatchObject({ code: 'NOT_FOUND' });
    await rest.call('ada', 'PATCH', '/closing', { body: { visibility: 'public' } });
    expect(await eve.ask({ type: 'join', room: 'closing' })).toMatchObject({ type: 'joined' });
  });

  test('who was made a member while in the room stays when it becomes private', async () => {
    await rest.create('ada', 'promoted');
    const bob = await rest.joined('bob', 'promoted');
    await rest.put('ada', 'promoted', 'u_bob', 'member');
    await rest.call('ada', 'PATCH', '/promoted', { body: { visibility: 'private' } });
    await rest.call('ada', 'POST', '/promoted/messages', { body: { text: 'still here' } });
    expect(await bob.first('message')).toMatchObject({ text: 'still here' });
  });

  test('a deletion ends the room for everybody; made again it is another one', async () => {
    const first = await rest.create('ada', 'fleeting');
    const ada = await rest.joined('ada', 'fleeting');
    const guest = await chat.guestIn('fleeting');
    await ada.ask({ type: 'post', room: 'fleeting', text: 'old' });
    let isAnswered = false;
    const after: string[] = [];
    const seqs: number[] = [];
    const posting = (async () => {
      for (let n = 0; n < 2_000 && after.length < 2; n++) {
        const wasAnswered = isAnswered;
        const answer = await ada.ask({ type: 'post', room: 'fleeting', text: 'during' });
        if (answer.type === 'posted') seqs.push(answer.seq);
        if (wasAnswered) after.push('code' in answer ? answer.code : answer.type);
      }
    })();
    expect((await rest.call('ada', 'DELETE', '/fleeting')).status).toBe(204);
    isAnswered = true;
    await posting;
    expect(after).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(seqs).toEqual(range(2, seqs.length + 1));
    for (const reader of [ada, guest])
      expect(await reader.first('left')).toEqual({ type: 'left', room: 'fleeting', reason: 'deleted' });
    expect(await ada.ask({ type: 'history', room: 'fleeting' })).toMatchObject({ code: 'NOT_FOUND' });

    const again = await rest.create('bob', 'fleeting');
    expect(again.body.epoch).not.toBe(first.body.epoch);
    const before = guest.all('message').length;
    await rest.call('bob', 'POST', '/fleeting/messages', { body: { text: 'new' } });
    await guest.ask({ type: 'ping' });
    expect(guest.all('message').length).toBe(before);
    const old = { epoch: `${first.body.epoch}`, seq: 1 };
    expect(await guest.ask({ type: 'join', room: 'fleeting', after: old })).toMatchObject({
      epoch: again.body.epoch,
      head: 1,
      recovered: false,
    });
    await vi.waitFor(() => expect(guest.all('message').at(-1)).toMatchObject({ seq: 1, text: 'new' }), patience);
  });

  test("behind a gateway's link it is the same", async () => {
    await rest.create('ada', 'linked');
    const gateway = await TestGateway.open(chat);
    for (const [s, name] of [
      [1, 'bob'],
      [2, 'eve'],
    ] as const) {
      gateway.send({ t: 'open', s, address: '192.0.2.9' });
      await gateway.ask(s, { type: 'auth', token: rest.tokenOf(name) });
      expect(await gateway.ask(s, { type: 'join', room: 'linked' })).toMatchObject({ type: 'joined' });
    }
    await rest.put('ada', 'linked', 'u_bob', 'banned');
    const left = await gateway.waitFor('out', ({ m }) => m.type === 'left');
    expect(left).toEqual({ t: 'out', s: 1, m: { type: 'left', room: 'linked', reason: 'banned' } });
    expect(await gateway.ask(1, { type: 'leave', room: 'linked' })).toMatchObject({ code: 'NOT_JOINED' });
    await rest.call('ada', 'DELETE', '/linked');
    expect(await gateway.waitFor('out', ({ s, m }) => s === 2 && m.type === 'left')).toMatchObject({
      m: { reason: 'deleted' },
    });
    gateway.ws.close();
    await gateway.closed;
  });

  test('an admin who is none any more leaves the rooms that only admins may be in', async () => {
    await rest.create('ada', 'secret', { visibility: 'private' });
    const root = await rest.joined('root', 'secret');
    const token = chat.usersApi.token({ id: 'u_root', name: 'root', role: 'user' });
    await root.ask({ type: 'refresh', token });
    expect(await root.first('left')).toMatchObject({ room: 'secret', reason: 'removed' });
  });
});
