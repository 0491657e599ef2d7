import type { MemberRole } from '@parley/common/contracts/room';
import { ParleyError } from '@parley/common/runtime/errors';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, test, vi } from 'vitest';
import { storeRevoked } from '../../src/log/revoked-users.ts';
import type { MembershipState } from '../../src/log/room-directory.ts';
import { storeSeen } from '../../src/log/seen.ts';
import { ada, allInFeed, append, bob, creation, DAY, openTestLog, post, type TestLog, texts } from './open-test-log.ts';

const anything = () => {};
const eve = { id: 'u_eve', name: 'eve' };

/** What a service decides by: the last owner stays. */
function lastOwnerStays({ role, owners }: MembershipState): void {
  if (role === 'owner' && owners === 1) throw new ParleyError('CONFLICT', 'the last owner');
}

async function eventsOf(test: TestLog): Promise<{ id: string; type: string; data: unknown }[]> {
  await allInFeed(test);
  const { events } = await test.log.feed.read(undefined, 1_000, 0);
  return events;
}

/** Some transaction in this database waits for an advisory lock. */
async function somebodyWaits({ database: { db } }: TestLog): Promise<void> {
  const waiting = sql`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  await vi.waitFor(async () => expect((await waiting.execute(db)).rows).not.toEqual([]), 10_000);
}

describeEachDatabase('the directory of rooms', (databases) => {
  const open = async () => openTestLog(await databases.create());
  const set = ({ log }: TestLog, user: { id: string; name?: string }, role: MemberRole | undefined, limit = 100) =>
    log.directory.setMember('lobby', { by: ada, user, role, limit, decide: anything });

  test('a room is made once, with its owner; who comes second is told that the name is taken', async () => {
    const test = await open();
    const { directory } = test.log;
    const made = await Promise.allSettled([
      directory.create('lobby', { ...creation, topic: 'talk' }),
      directory.create('lobby', { ...creation, by: { ...bob, guest: false } }),
    ]);
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'CONFLICT' } });
    const { items } = await directory.members('lobby', { withBanned: true, page: 1, perPage: 10 });
    expect(items).toMatchObject([{ role: 'owner' }]);
    const { id } = items[0] ?? {};
    expect(await test.log.access('lobby', `${id}`)).toMatchObject({
      role: 'owner',
      head: { room: 'lobby', version: 1 },
    });
    expect(await test.log.access('lobby', 'u_nobody')).toMatchObject({ role: undefined });
    expect(await test.log.access('nowhere', 'u_nobody')).toBeUndefined();
    expect((await eventsOf(test)).map(({ type }) => type)).toEqual(['room.created', 'member.joined']);
  });

  test('a repeated key gives the room as it was made; with another wish it is a conflict', async () => {
    const { log } = await open();
    const keyed = { user: 'u_ada', key: 'k', contentHash: 'c', maxAgeMs: 1_000_000 };
    const { directory } = log;
    const [one, two] = await Promise.all([
      directory.create('lobby', creation, keyed),
      directory.create('lobby', creation, keyed),
    ]);
    expect(two).toEqual(one);
    await directory.change('lobby', { topic: 'new' }, { by: ada, decide: anything });
    expect(await directory.create('lobby', creation, keyed)).toEqual(one);
    await expect(directory.create('other', creation, { ...keyed, contentHash: 'd' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await expect(directory.create('lobby', creation, { ...keyed, user: 'u_bob' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    await log.sweep(Date.now() + 100 * 86_400_000);
    await expect(directory.create('lobby', creation, keyed)).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('a direct room is the same for the same two', async () => {
    const { log } = await open();
    const { directory } = log;
    const direct = { ...creation, visibility: 'direct', peer: bob } as const;
    const made = await Promise.all([
      directory.create('direct-1', direct),
      directory.create('direct-1', { ...direct, by: { ...bob, guest: false }, peer: ada }),
    ]);
    expect(made.map(({ isNew }) => isNew).sort()).toEqual([false, true]);
    expect(made[0]?.head.epoch).toBe(made[1]?.head.epoch);
    const { items } = await directory.members('direct-1', { withBanned: false, page: 1, perPage: 10 });
    expect(items).toMatchObject([ada, bob].map((user) => ({ ...user, role: 'member' })));
  });

  test('members begin, change and end, each with its event', async () => {
    const test = await open();
    const { directory } = test.log;
    await directory.create('lobby', creation);
    expect(await set(test, bob, 'member')).toMatchObject({ before: undefined, member: { ...bob, role: 'member' } });
    expect(await set(test, { id: bob.id }, 'moderator')).toMatchObject({ before: 'member', member: bob });
    await set(test, bob, 'banned');
    await set(test, bob, 'banned');
    await set(test, bob, 'member');
    await set(test, bob, undefined);
    await set(test, eve, 'banned');
    expect(await directory.member('lobby', eve.id)).toMatchObject({ ...eve, role: 'banned' });
    await set(test, eve, undefined);
    expect(await directory.member('lobby', eve.id)).toBeUndefined();
    await expect(set(test, eve, undefined)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(set(test, { id: 'u_unknown' }, 'member')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const events = (await eventsOf(test)).slice(2);
    expect(events.map(({ type, data }) => [type, data])).toMatchObject([
      ['member.joined', { user: bob, role: 'member' }],
      ['member.left', { user: bob, reason: 'banned' }],
      ['member.joined', { user: bob, role: 'member' }],
      ['member.left', { user: bob, reason: 'removed' }],
      ['member.left', { user: eve, reason: 'banned' }],
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  test('members are listed by name, page by page and by role, up to a limit', async () => {
    const test = await open();
    const { directory } = test.log;
    await directory.create('lobby', creation);
    for (const name of ['d', 'c', 'e']) await set(test, { id: `u_${name}`, name }, 'member', 4);
    await expect(set(test, { id: 'u_f', name: 'f' }, 'member', 4)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    // A full room can still ban; who is banned takes no member's place, nor gets one by that.
    await set(test, { id: 'u_b', name: 'b' }, 'banned', 4);
    await expect(set(test, { id: 'u_b' }, 'member', 4)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    await expect(set(test, { id: 'u_f', name: 'f' }, 'banned', 1)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    const names = async (query: { role?: MemberRole; withBanned?: boolean; page?: number }) => {
      const { items, total } = await directory.members('lobby', { withBanned: false, page: 1, perPage: 3, ...query });
      return [items.map(({ name }) => name), total];
    };
    expect(await names({})).toEqual([['ada', 'c', 'd'], 4]);
    expect(await names({ page: 2 })).toEqual([['e'], 4]);
    expect(await names({ withBanned: true })).toEqual([['ada', 'b', 'c'], 5]);
    expect(await names({ role: 'owner' })).toEqual([['ada'], 1]);
  });

  test('of two owners who leave at once, one stays', async () => {
    const test = await open();
    const { directory } = test.log;
    const names = Array.from({ length: 10 }, (_, n) => `room-${n}`);
    for (const name of names) {
      await directory.create(name, creation);
      await directory.setMember(name, { by: ada, user: bob, role: 'owner', limit: 9, decide: anything });
    }
    const leave = (name: string, user: typeof ada) =>
      directory.setMember(name, { by: user, user, role: undefined, limit: 9, decide: lastOwnerStays });
    const left = await Promise.all(names.map(async (name) => Promise.allSettled([leave(name, ada), leave(name, bob)])));
    for (const both of left) expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const name of names)
      expect((await directory.members(name, { withBanned: true, page: 1, perPage: 9 })).total).toBe(1);
  });

  test('what is decided against leaves everything as it was', async () => {
    const test = await open();
    const { directory } = test.log;
    await directory.create('lobby', creation);
    const decide = () => {
      throw new ParleyError('FORBIDDEN', 'no');
    };
    const refused = { code: 'FORBIDDEN' };
    await expect(directory.delete('lobby', { by: bob, decide })).rejects.toMatchObject(refused);
    await expect(directory.change('lobby', { topic: 'x' }, { by: bob, decide })).rejects.toMatchObject(refused);
    await expect(
      directory.setMember('lobby', { by: bob, user: bob, role: 'owner', limit: 9, decide }),
    ).rejects.toMatchObject(refused);
    expect(await test.log.openRoom('lobby')).toMatchObject({ topic: '', version: 1 });
    expect((await eventsOf(test)).length).toBe(2);
  });

  test('a change of the settings is a new version; what is as it was is none', async () => {
    const { log } = await open();
    const { directory } = log;
    await directory.create('lobby', creation);
    const by = { by: ada, decide: anything };
    expect(await directory.change('lobby', { visibility: 'private' }, by)).toMatchObject({ version: 2, topic: '' });
    expect(await directory.change('lobby', { visibility: 'private' }, by)).toMatchObject({ version: 2 });
    expect(await directory.change('lobby', { topic: 'x' }, by)).toMatchObject({ version: 3, visibility: 'private' });
    expect(await log.openRoom('lobby')).toMatchObject({ version: 3, topic: 'x' });
    expect((await log.rooms(1, 10)).total).toBe(0);
    expect((await log.rooms(1, 10, { id: ada.id, admin: false })).items).toMatchObject([{ room: 'lobby' }]);
    expect((await log.rooms(1, 10, { id: bob.id, admin: false })).total).toBe(0);
    expect((await log.rooms(1, 10, { id: bob.id, admin: true })).total).toBe(1);
    await expect(directory.change('nowhere', {}, by)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a deleted room is gone at once; made again, it is another one', async () => {
    const test = await open();
    const { log } = test;
    const { directory } = log;
    const { head } = await directory.create('lobby', creation);
    await append(log, post('lobby', 'old', { key: 'k' }));
    await directory.delete('lobby', { by: ada, decide: anything });
    expect(await log.openRoom('lobby')).toBeUndefined();
    await expect(log.read('lobby', 1, 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await log.access('lobby', ada.id)).toBeUndefined();
    expect(await directory.member('lobby', ada.id)).toBeUndefined();
    expect((await log.rooms(1, 10)).total).toBe(0);
    expect(await log.append([post('lobby', 'late')])).toMatchObject([{ code: 'NOT_FOUND' }]);
    await expect(directory.delete('lobby', { by: ada, decide: anything })).rejects.toMatchObject({ code: 'NOT_FOUND' });

    const again = await directory.create('lobby', creation);
    expect(again.head.epoch).not.toBe(head.epoch);
    expect(await append(log, post('lobby', 'new', { key: 'k' }))).toMatchObject({
      seq: 1,
      epoch: again.head.epoch,
      duplicate: false,
    });
    expect(await texts(log, 'lobby')).toEqual(['new']);
    const events = await eventsOf(test);
    const types = ['room.created', 'member.joined', 'message.posted'];
    expect(events.map(({ type }) => type)).toEqual([...types, 'room.deleted', ...types]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  });

  test('its messages leave the disk with their events, and then its row', async () => {
    const test = await open();
    const { log, database } = test;
    const { directory } = log;
    await directory.create('lobby', creation);
    await log.append(Array.from({ length: 1_100 }, () => post('lobby', 'x')));
    await directory.delete('lobby', { by: ada, decide: anything });
    await directory.create('lobby', creation);
    await append(log, post('lobby', 'stays', { at: Date.now() + 90 * 86_400_000 }));
    await allInFeed(test);
    const rows = async (table: 'rooms' | 'messages') => {
      const counted = sql<{ count: number }>`SELECT count(*) AS count FROM ${sql.table(table)}`;
      return (await counted.execute(database.db)).rows[0]?.count;
    };
    await log.sweep(Date.now());
    expect([await rows('rooms'), await rows('messages')]).toEqual([2, 1_101]);
    await log.sweep(Date.now() + 30 * 86_400_000);
    expect([await rows('rooms'), await rows('messages')]).toEqual([1, 1]);
    expect(await texts(log, 'lobby')).toEqual(['stays']);
  });

  test('posts that meet a deletion have a place before it, or none', async () => {
    const test = await open();
    const { log } = test;
    await log.directory.create('lobby', creation);
    const posting = Promise.all(
      Array.from({ length: 20 }, (_, i) => log.append([post('lobby', `${i}`), post('lobby', `${i}+`)])),
    );
    await log.directory.delete('lobby', { by: ada, decide: anything });
    const results = (await posting).flat();
    const seqs = results.flatMap((result) => (result instanceof ParleyError ? [] : [result.seq]));
    expect(seqs.toSorted((a, b) => a - b)).toEqual(seqs.map((_, i) => i + 1));
    for (const result of results) if (result instanceof ParleyError) expect(result.code).toBe('NOT_FOUND');
    const types = (await eventsOf(test)).map(({ type }) => type);
    expect(types.at(-1)).toBe('room.deleted');
    expect(types.filter((type) => type === 'message.posted').length).toBe(seqs.length);
  });

  test('a user who is no more is no member of anything', async () => {
    const test = await open();
    const { log } = test;
    for (const name of ['one', 'two']) await log.directory.create(name, creation);
    expect((await log.directory.forgetUser(ada.id)).map(({ room }) => room).sort()).toEqual(['one', 'two']);
    expect(await log.access('one', ada.id)).toMatchObject({ role: undefined });
    expect((await eventsOf(test)).filter(({ type }) => type === 'member.left').length).toBe(2);
  });

  test('a user who has been deleted becomes a member of nothing, also while that is being stored', async () => {
    const test = await open();
    const { log, database } = test;
    const { kind } = database;
    const until = Date.now() + DAY;
    await log.directory.create('lobby', creation);
    await log.write((trx) => storeRevoked(trx, kind, [{ user: eve.id, until }]));
    for (const role of ['member', 'banned'] as const)
      await expect(set(test, eve, role)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const direct = { ...creation, visibility: 'direct', peer: eve } as const;
    await expect(log.directory.create('direct-1', direct)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const own = { ...creation, by: { ...eve, guest: false } };
    await expect(log.directory.create('own', own)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect((await log.rooms(1, 9)).items.map(({ room }) => room)).toEqual(['lobby']);

    const isStored = Promise.withResolvers<void>();
    const mayEnd = Promise.withResolvers<void>();
    const storing = log.write(async (trx) => {
      await storeRevoked(trx, kind, [{ user: bob.id, until }]);
      isStored.resolve();
      await mayEnd.promise;
    });
    await isStored.promise;
    const adding = expect(set(test, bob, 'member')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    if (kind === 'postgres') await somebodyWaits(test);
    mayEnd.resolve();
    await storing;
    await adding;
  });

  test('a room whose last owner is no more is owned by who moderated it longest, or was its member longest', async () => {
    const { log, database } = await open();
    await log.directory.create('lobby', creation);
    const roles = { banned: 'banned', old: 'member', second: 'moderator', third: 'moderator', new: 'member' } as const;
    for (const [n, [name, role]] of Object.entries(roles).entries()) {
      const user = { id: `u_${name}`, name };
      await log.directory.setMember('lobby', { user, role, by: ada, limit: 10, decide: anything });
      await database.db.updateTable('members').set({ at: n }).where('user_id', '=', user.id).execute();
    }
    for (const [gone, heir] of [
      ['ada', 'second'],
      ['third', undefined],
      ['second', 'old'],
      ['old', 'new'],
      ['new', undefined],
    ]) {
      const [left] = await log.directory.forgetUser(`u_${gone}`);
      expect([gone, left?.heir?.name]).toEqual([gone, heir]);
      if (heir) expect(await log.access('lobby', `u_${heir}`)).toMatchObject({ role: 'owner' });
    }
  });

  test('a room’s marks go with its row, however many they are', async () => {
    const test = await open();
    const { log, database } = test;
    const epoch = (await log.openRoom('lobby', creation))?.epoch ?? '';
    const marks = Array.from({ length: 1_200 }, (_, n) => ({
      room: 'lobby',
      epoch,
      user: { id: `u_${n}`, name: `${n}` },
      seq: 1,
      at: 1,
    }));
    await log.write((trx) => storeSeen(trx, marks));
    expect((await log.seen('lobby', 1, 1)).total).toBe(1_200);
    await log.directory.delete('lobby', { by: ada, decide: anything });
    await log.sweep(Date.now());
    for (const table of ['rooms', 'seen'] as const)
      expect(await database.db.selectFrom(table).selectAll().execute()).toEqual([]);
  });

  test('a ban of a guest is lifted when no guest of that id can come back', async () => {
    const test = await open();
    const { log } = test;
    await log.directory.create('lobby', creation);
    for (const id of ['g_x', 'u_x', 'ga']) await set(test, { id, name: id }, 'banned');
    const banned = async () => {
      const { items } = await log.directory.members('lobby', { withBanned: true, role: 'banned', page: 1, perPage: 9 });
      return items.map(({ id }) => id);
    };
    await log.sweep(Date.now() + 29 * DAY);
    expect(await banned()).toEqual(['g_x', 'ga', 'u_x']);
    await log.sweep(Date.now() + 30 * DAY + 1);
    expect(await banned()).toEqual(['ga', 'u_x']);
  });

  test('rooms per user are those that are there', async () => {
    const { log } = await open();
    const limited = { ...creation, limits: { total: 1, perUser: 1 } };
    await log.directory.create('one', limited);
    await expect(log.directory.create('two', limited)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
    await log.directory.delete('one', { by: ada, decide: anything });
    await log.directory.create('two', limited);
  });
});
