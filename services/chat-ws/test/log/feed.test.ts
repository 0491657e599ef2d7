import { type ParleyEvent, parleyEvent } from '@parley/common/contracts/events/event';
import { eventIdOf } from '@parley/common/contracts/events/event-id';
import { describeEachDatabase, describePostgres } from '@parley/common/runtime/test-databases';
import { expect, test } from 'vitest';
import type { RoomLog } from '../../src/log/room-log.ts';
import { ada, allInFeed, append, bob, change, creation, openTestLog, post } from './open-test-log.ts';

/** A guest owns nothing: the room's creation is one event. */
const byGuest = { ...creation, by: { ...creation.by, guest: true } };

async function readOn(log: RoomLog, until: (events: ParleyEvent[]) => boolean, limit = 100): Promise<ParleyEvent[]> {
  const events: ParleyEvent[] = [];
  let cursor: string | undefined;
  while (!until(events)) {
    const part = await log.feed.read(cursor, limit, 5_000);
    if (part.cursor === cursor) throw new Error(`nothing more comes after ${events.length} events`);
    events.push(...part.events);
    cursor = part.cursor;
  }
  return events;
}

describeEachDatabase('the feed of rooms and messages', (databases) => {
  test('gives each event once, in order, with what it refers to', async () => {
    const { log } = await openTestLog(await databases.create());
    const room = await log.openRoom('the.lobby', byGuest);
    const epoch = room?.epoch ?? '';
    await log.append([
      post('the.lobby', 'a', { at: 1_000, key: 'k' }),
      post('the.lobby', 'a', { at: 2_000, key: 'k' }),
      { room: 'the.lobby', from: ada, data: { n: null }, at: 3_000 },
    ]);
    const events = await readOn(log, ({ length }) => length === 3, 2);
    expect(events.map((event) => parleyEvent.parse(event))).toEqual([
      expect.objectContaining({ type: 'room.created' }),
      {
        id: eventIdOf('message.posted', 'the.lobby', epoch, 1),
        type: 'message.posted',
        at: '1970-01-01T00:00:01.000Z',
        data: { room: 'the.lobby', epoch, seq: 1, from: ada, text: 'a', at: '1970-01-01T00:00:01.000Z' },
      },
      {
        id: eventIdOf('message.posted', 'the.lobby', epoch, 2),
        type: 'message.posted',
        at: '1970-01-01T00:00:03.000Z',
        data: { room: 'the.lobby', epoch, seq: 2, from: ada, data: { n: null }, at: '1970-01-01T00:00:03.000Z' },
      },
    ]);
  });

  test('tells of changes, and never what a message said before', async () => {
    const { log } = await openTestLog(await databases.create());
    const { epoch = '' } = (await log.openRoom('the.lobby', creation)) ?? {};
    await log.append([
      post('the.lobby', 'a secret', { at: 1_000 }),
      post('the.lobby', 'a slip', { at: 2_000 }),
      change('the.lobby', 2, 'mended', { at: 3_000, key: 'k' }),
      change('the.lobby', 2, 'mended', { at: 4_000, key: 'k' }),
      change('the.lobby', 1, null, { at: 5_000, from: bob, any: true }),
    ]);
    const events = await readOn(log, ({ length }) => length === 6, 2);
    expect(JSON.stringify(events)).not.toContain('a s');
    const said = events.map((event) => parleyEvent.parse(event)).map(({ id, data }) => ({ id, data }));
    const place = { room: 'the.lobby', epoch };
    const id = (type: string, seq: number) => eventIdOf(type, 'the.lobby', epoch, seq);
    expect(said.slice(2)).toEqual([
      {
        id: id('message.posted', 1),
        data: { ...place, seq: 1, from: ada, deleted: true, at: '1970-01-01T00:00:01.000Z' },
      },
      {
        id: id('message.posted', 2),
        data: { ...place, seq: 2, from: ada, text: 'mended', at: '1970-01-01T00:00:02.000Z' },
      },
      {
        id: id('message.changed', 3),
        data: { ...place, seq: 3, of: 2, by: ada, text: 'mended', at: '1970-01-01T00:00:03.000Z' },
      },
      {
        id: id('message.changed', 4),
        data: { ...place, seq: 4, of: 1, by: bob, text: null, at: '1970-01-01T00:00:05.000Z' },
      },
    ]);
  });

  test('wakes who waits at the commit', async () => {
    const test = await openTestLog(await databases.create());
    const { log } = test;
    await log.openRoom('lobby', byGuest);
    await allInFeed(test);
    const { cursor } = await log.feed.read('now', 1, 0);
    const waiting = log.feed.read(cursor, 10, 10_000);
    await append(log, post('lobby', 'a'));
    expect((await waiting).events).toMatchObject([{ type: 'message.posted', data: { seq: 1 } }]);
  });
});

describePostgres('several nodes on one database', (databases) => {
  test('share rooms: seq without holes, keys once, and a feed in the order of seq', async () => {
    const where = await databases.create();
    const nodes = [await openTestLog(where), await openTestLog(where), await openTestLog(where)].map(({ log }) => log);
    const rooms = ['a', 'b', 'c', 'd'];
    for (const room of rooms) await nodes[0]?.openRoom(room, byGuest);
    const BATCHES = 30;
    const total = BATCHES * rooms.length * 2;
    const reader = readOn(nodes[2] as RoomLog, (events) => events.length === total + rooms.length, 7);
    // Each node appends to all rooms, in an order of its own, the same keys as the others.
    await Promise.all(
      nodes.map(async (log, node) => {
        const order = node % 2 ? rooms : rooms.toReversed();
        for (let n = 0; n < BATCHES; n++) {
          const both = order.flatMap((room) => [0, 1].map((i) => post(room, `${n}.${i}`, { key: `${n}.${i}` })));
          for (const result of await log.append(both)) if (result instanceof Error) throw result;
        }
      }),
    );
    const posted = (await reader).filter((event) => event.type === 'message.posted');
    for (const room of rooms) {
      const page = await nodes[0]?.read(room, 1, 1_000);
      expect(page?.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: BATCHES * 2 }, (_, i) => i + 1));
      expect(new Set(page?.entries.map(({ text }) => text)).size).toBe(BATCHES * 2);
      const inFeed = posted.filter(({ data }) => data.room === room).map(({ data }) => data.seq);
      expect(inFeed).toEqual(page?.entries.map(({ seq }) => seq));
    }
  });

  test('a room appended to late is not skipped by who has read on', async () => {
    const where = await databases.create();
    const test = await openTestLog(where);
    const { log, database } = test;
    await log.openRoom('early', byGuest);
    await log.openRoom('late', byGuest);
    // A writer that has written its event and does not commit yet.
    const client = await database.pool?.connect();
    if (!client) throw new Error('PostgreSQL has a pool');
    await client.query('BEGIN');
    await client.query(`WITH room AS (UPDATE rooms SET head = 1 WHERE name = 'late' RETURNING id),
      message AS (INSERT INTO messages SELECT id, 1, 0, 'u', 'u', 'held back', NULL FROM room)
      INSERT INTO events (event_id, type, at, ref_id, ref_seq) SELECT 'late:1', 'message.posted', 0, id, 1 FROM room`);
    await append(log, post('early', 'a'));
    const before = await log.feed.read(undefined, 100, 0);
    await client.query('COMMIT');
    client.release();
    await allInFeed(test);
    const after = await log.feed.read(before.cursor, 100, 0);
    const said = [...before.events, ...after.events].map(({ data }) => ('text' in data ? data.text : 'room'));
    expect(said).toEqual(['room', 'room', 'held back', 'a']);
  });
});
