import { problem } from '@parley/common/contracts/problem';
import { room, rooms } from '@parley/common/contracts/room';
import { roomMembers } from '@parley/common/contracts/room-members';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restOf } from './rest-calls.ts';
import { startChat, type TestChat } from './start-chat.ts';

describeEachDatabase('rooms over REST', (databases) => {
  let chat: TestChat;
  let rest: ReturnType<typeof restOf>;
  beforeAll(async () => {
    const { databaseUrl } = await databases.create();
    chat = await startChat({
      CHAT_WS_POSTS: '10000',
      CHAT_WS_MEMBERS_PER_ROOM: '2',
      CHAT_WS_ROOMS_PER_USER: '20',
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    });
    rest = restOf(chat);
  });
  afterAll(() => chat.close());

  test('a room is made, read, changed and deleted', async () => {
    const made = await rest.create('ada', 'plans', { visibility: 'private', topic: 'what to do' });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe('/api/rooms/plans');
    expect(room.parse(made.body)).toMatchObject({ name: 'plans', visibility: 'private', topic: 'what to do', head: 0 });

    const read = await rest.call('ada', 'GET', '/plans');
    expect(read).toMatchObject({ status: 200, body: made.body });
    const etag = read.headers.get('etag') ?? '';
    expect((await rest.call('ada', 'GET', '/plans', { headers: { 'if-none-match': etag } })).status).toBe(304);
    await rest.call('ada', 'POST', '/plans/messages', { body: { text: 'hello' } });
    expect(await rest.call('ada', 'GET', '/plans', { headers: { 'if-none-match': etag } })).toMatchObject({
      status: 200,
      body: { head: 1 },
    });

    // A message is no change of what is changed here.
    const match = { 'if-match': etag };
    const changed = await rest.call('ada', 'PATCH', '/plans', { body: { topic: 'done' }, headers: match });
    expect(changed).toMatchObject({ status: 200, body: { topic: 'done', visibility: 'private' } });
    const stale = await rest.call('ada', 'PATCH', '/plans', { body: { topic: 'x' }, headers: match });
    expect(stale).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED' } });
    expect((await rest.call('ada', 'DELETE', '/plans', { headers: match })).status).toBe(412);
    const current = { 'if-match': changed.headers.get('etag') ?? '' };
    expect((await rest.call('ada', 'DELETE', '/plans', { headers: current })).status).toBe(204);
    expect((await rest.call('ada', 'GET', '/plans')).status).toBe(404);
    expect((await rest.call('ada', 'DELETE', '/plans')).status).toBe(404);
    const again = await rest.create('ada', 'plans');
    expect(again).toMatchObject({ status: 201, body: { head: 0, visibility: 'public' } });
    expect(again.body.epoch).not.toBe(made.body.epoch);
  });

  test('two who make a room of the same name: one does', async () => {
    const made = await Promise.all(['ada', 'bob'].map((who) => rest.create(who, 'race')));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409]);
    const refused = made.find(({ status }) => status === 409);
    expect(problem.parse(refused?.body)).toMatchObject({ code: 'CONFLICT', errors: [{ path: 'name' }] });
    expect(roomMembers.parse((await rest.call('ada', 'GET', '/race/members')).body)).toMatchObject({
      total: 1,
      items: [{ role: 'owner' }],
    });
  });

  test('a repeated Idempotency-Key gives the first answer', async () => {
    const keyed = (body: object) => rest.call('ada', 'POST', '', { body, headers: { 'idempotency-key': 'k1' } });
    const first = await keyed({ name: 'keyed', topic: 'a' });
    await rest.call('ada', 'PATCH', '/keyed', { body: { topic: 'b' } });
    const again = await keyed({ name: 'keyed', topic: 'a' });
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(await keyed({ name: 'keyed', topic: 'c' })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  test('everybody sees the public rooms, and members theirs', async () => {
    await rest.create('carl', 'list-open');
    await rest.create('carl', 'list-closed', { visibility: 'private' });
    const direct = await rest.call('carl', 'POST', '', { body: { visibility: 'direct', with: 'u_dora' } });
    const seen = async (who?: string) => {
      const { items } = rooms.parse((await rest.call(who, 'GET', '?per_page=100')).body);
      return items.map(({ name }) => name).filter((name) => name.startsWith('list-') || name === direct.body.name);
    };
    expect(await seen('carl')).toEqual([direct.body.name, 'list-closed', 'list-open']);
    expect(await seen('dora')).toEqual([direct.body.name, 'list-open']);
    expect(await seen('eve')).toEqual(['list-open']);
    expect(await seen()).toEqual(['list-open']);
    expect(await seen('root')).toEqual(['list-closed', 'list-open']);
  });

  test('a direct room is the same for both, and theirs alone', async () => {
    const ask = (who: string, other: string) =>
      rest.call(who, 'POST', '', { body: { visibility: 'direct', with: `u_${other}` } });
    const first = await ask('ada', 'bob');
    const again = await ask('bob', 'ada');
    expect([first.status, again.status]).toEqual([201, 200]);
    const { name } = room.parse(first.body);
    expect(again.body).toEqual(first.body);
    expect((await rest.call('eve', 'GET', `/${name}`)).status).toBe(404);
    expect((await rest.call('bob', 'GET', `/${name}`)).status).toBe(200);
    const bob = await rest.joined('bob', name);
    await rest.call('ada', 'POST', `/${name}/messages`, { body: { text: 'psst' } });
    expect(await bob.first('message')).toMatchObject({ text: 'psst' });
    expect((await rest.put('ada', name, 'u_eve', 'member')).status).toBe(409);
    expect((await rest.remove('ada', name, 'me')).status).toBe(409);
    expect((await rest.call('ada', 'DELETE', `/${name}`)).status).toBe(403);
    expect((await rest.call('root', 'PATCH', `/${name}`, { body: { visibility: 'public' } })).status).toBe(409);
    expect(await ask('ada', 'nobody')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect((await ask('ada', 'ada')).status).toBe(400);
  });

  test('names of direct rooms cannot be taken', async () => {
    expect((await rest.create('eve', 'direct-0000')).status).toBe(400);
    const eve = await rest.login('eve');
    expect(await eve.ask({ type: 'join', room: 'direct-0000' })).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
  });

  test('members come, change and go', async () => {
    await rest.create('ada', 'team');
    expect(await rest.put('ada', 'team', 'u_bob', 'member')).toMatchObject({
      status: 201,
      body: { id: 'u_bob', name: 'bob', role: 'member' },
    });
    expect(await rest.put('ada', 'team', 'u_bob', 'moderator')).toMatchObject({ status: 200, body: { name: 'bob' } });
    expect((await rest.put('bob', 'team', 'u_eve', 'banned')).status).toBe(201);
    expect(await rest.put('ada', 'team', 'u_dora', 'member')).toMatchObject({
      status: 403,
      body: { code: 'LIMIT_REACHED' },
    });
    const listed = async (who: string, query = '') => {
      const { items } = roomMembers.parse((await rest.call(who, 'GET', `/team/members${query}`)).body);
      return items.map(({ name, role }) => `${name} ${role}`);
    };
    expect(await listed('ada')).toEqual(['ada owner', 'bob moderator', 'eve banned']);
    expect(await listed('carl')).toEqual(['ada owner', 'bob moderator']);
    expect(await listed('ada', '?role=banned')).toEqual(['eve banned']);
    expect(await listed('carl', '?role=banned')).toEqual([]);
    expect((await rest.call('eve', 'GET', '/team/members')).status).toBe(403);
    const page = await rest.call('ada', 'GET', '/team/members?per_page=1');
    expect(page.headers.get('link')).toContain('rel="next"');
    expect((await rest.call(undefined, 'GET', '/team/members')).status).toBe(401);

    expect((await rest.remove('eve', 'team', 'me')).status).toBe(403);
    expect((await rest.put('bob', 'team', 'u_bob', 'owner')).status).toBe(403);
    expect((await rest.remove('bob', 'team', 'u_ada')).status).toBe(403);
    expect((await rest.remove('carl', 'team', 'u_bob')).status).toBe(403);
    expect(await rest.remove('ada', 'team', 'me')).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    expect((await rest.remove('bob', 'team', 'u_eve')).status).toBe(204);
    expect((await rest.remove('bob', 'team', 'u_eve')).status).toBe(404);
    expect((await rest.remove('bob', 'team', 'me')).status).toBe(204);
    expect(await listed('ada')).toEqual(['ada owner']);
    expect((await rest.put('root', 'team', 'u_root', 'owner')).status).toBe(201);
    expect((await rest.remove('ada', 'team', 'me')).status).toBe(204);
    expect(await rest.put('root', 'team', 'u_nobody', 'member')).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND' },
    });
  });

  test('of two owners who leave at once one stays', async () => {
    await rest.create('ada', 'owners');
    await rest.put('ada', 'owners', 'u_bob', 'owner');
    const left = await Promise.all(['ada', 'bob'].map((who) => rest.remove(who, 'owners', 'me')));
    expect(left.map(({ status }) => status).sort()).toEqual([204, 409]);
  });

  test('while users-api is away, a new member cannot be made; one that is there changes, and who is in the room', async () => {
    await rest.create('ada', 'away');
    await rest.put('ada', 'away', 'u_bob', 'member');
    const carl = await rest.joined('carl', 'away');
    chat.usersApi.state.isAway = true;
    try {
      expect(await rest.put('ada', 'away', 'u_eve', 'member')).toMatchObject({
        status: 503,
        body: { code: 'UNAVAILABLE' },
      });
      expect((await rest.put('ada', 'away', 'u_bob', 'moderator')).status).toBe(200);
      expect((await rest.put('bob', 'away', 'u_carl', 'banned')).status).toBe(201);
      expect(await carl.first('left')).toMatchObject({ reason: 'banned' });
    } finally {
      chat.usersApi.state.isAway = false;
    }
  });

  test('who may not is told so', async () => {
    await rest.create('ada', 'guarded', { visibility: 'private' });
    const cases: [number, Awaited<ReturnType<typeof rest.call>>][] = [
      [401, await rest.call(undefined, 'POST', '', { body: { name: 'x' } })],
      [400, await rest.create('ada', 'Not A Name')],
      [400, await rest.call('ada', 'POST', '', { body: { visibility: 'direct' } })],
      [400, await rest.create('ada', 'topical', { topic: 'x'.repeat(501) })],
      [404, await rest.call('eve', 'GET', '/guarded')],
      [404, await rest.call(undefined, 'GET', '/guarded')],
      [404, await rest.call('eve', 'PATCH', '/guarded', { body: { topic: 'x' } })],
      [404, await rest.call('eve', 'DELETE', '/guarded')],
      [404, await rest.call('eve', 'GET', '/guarded/members')],
      [404, await rest.put('eve', 'guarded', 'u_eve', 'member')],
      [404, await rest.call('eve', 'POST', '/guarded/messages', { body: { text: 'x' } })],
      [404, await rest.call('eve', 'GET', '/guarded/messages')],
      [404, await rest.call('eve', 'GET', '/guarded/seen')],
      [400, await rest.put('ada', 'guarded', 'u_bob', 'king')],
      [405, await rest.call('ada', 'POST', '/guarded', { body: {} })],
    ];
    for (const [index, [status, answer]] of cases.entries()) expect([index, answer.status]).toEqual([index, status]);
    expect((await rest.call('root', 'GET', '/guarded')).status).toBe(200);
    expect((await rest.call('root', 'DELETE', '/guarded')).status).toBe(204);
  });

  test('rooms per user are limited', async () => {
    const made = [];
    for (let n = 0; n < 21; n++) made.push((await rest.create('zoe', `zoe-${n}`)).status);
    expect(made).toEqual([...Array(20).fill(201), 403]);
  });
});
