import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { allInFeed, append, creation, DAY, HOUR, openTestLog, post, type TestLog } from './open-test-log.ts';

const NOW = 1_800_000_000_000;
const retention = {
  maxEntries: 5,
  maxAgeMs: 30 * DAY,
  eventMaxAgeMs: 3 * DAY,
  keyMaxAgeMs: DAY,
  guestMaxAgeMs: 30 * DAY,
};

async function stored({ database: { db } }: TestLog, table: 'messages' | 'events' | 'post_keys'): Promise<number> {
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM ${sql.table(table)}`.execute(db);
  return rows[0]?.count ?? Number.NaN;
}

describeEachDatabase('retention', (databases) => {
  const open = async (limits = retention) => {
    const test = await openTestLog(await databases.create(), { retention: limits });
    await test.log.openRoom('lobby', creation);
    await test.log.openRoom('quiet', creation);
    return test;
  };

  test('readers get the newest entries only, and learn the oldest there is', async () => {
    const test = await open();
    await test.log.append(Array.from({ length: 12 }, (_, i) => post('lobby', `${i}`, { at: NOW })));
    await append(test.log, post('quiet', 'a', { at: NOW }));
    await test.log.sweep(NOW + HOUR);
    const page = await test.log.read('lobby', 1, 100);
    expect(page.entries.map(({ seq }) => seq)).toEqual([8, 9, 10, 11, 12]);
    expect(page).toMatchObject({ oldest: 8, head: 12 });
    expect((await test.log.readBack('lobby', 10, 100)).entries.map(({ seq }) => seq)).toEqual([8, 9]);
    expect(await test.log.openRoom('quiet')).toMatchObject({ oldest: 1, head: 1 });
  });

  test('an entry stays on the disk until its event is past its time, so that the feed loses nothing', async () => {
    const test = await open();
    await test.log.append(Array.from({ length: 8 }, (_, i) => post('lobby', `${i}`, { at: NOW })));
    await allInFeed(test);
    await test.log.sweep(NOW + 2 * DAY);
    expect(await stored(test, 'messages')).toBe(8);
    const { events } = await test.log.feed.read(undefined, 100, 0);
    expect(events.filter(({ type }) => type === 'message.posted').length).toBe(8);
    await test.log.sweep(NOW + 3 * DAY + 1);
    expect(await stored(test, 'messages')).toBe(5);
    expect(await test.log.openRoom('lobby')).toMatchObject({ oldest: 4, head: 8 });
  });

  test('old entries leave, and the room goes on with the next seq', async () => {
    const test = await open({ ...retention, maxEntries: 10_000 });
    await test.log.append(Array.from({ length: 1_203 }, () => post('lobby', 'old', { at: NOW })));
    await test.log.append([post('lobby', 'new', { at: NOW + DAY })]);
    await test.log.sweep(NOW + 30 * DAY + 1);
    expect(await test.log.read('lobby', 1, 10)).toMatchObject({
      oldest: 1_204,
      entries: [{ seq: 1_204, text: 'new' }],
    });
    expect(await stored(test, 'messages')).toBe(1);
    await test.log.sweep(NOW + 31 * DAY + 1);
    expect(await test.log.read('lobby', 1, 10)).toMatchObject({ oldest: 1_205, head: 1_204, entries: [] });
    expect((await test.log.readBack('lobby', undefined, 10)).entries).toEqual([]);
    expect(await append(test.log, post('lobby', 'again', { at: NOW + 31 * DAY }))).toMatchObject({ seq: 1_205 });
    expect(await test.log.read('lobby', 1, 10)).toMatchObject({ oldest: 1_205, entries: [{ text: 'again' }] });
  });

  test('a key outlives its entry, and is forgotten after its own time', async () => {
    const test = await open({ ...retention, maxEntries: 1, eventMaxAgeMs: HOUR });
    const keyed = post('lobby', 'a', { key: 'k', at: NOW });
    await test.log.append([keyed, post('lobby', 'b', { at: NOW }), post('lobby', 'c', { at: NOW })]);
    await test.log.sweep(NOW + DAY);
    expect(await stored(test, 'messages')).toBe(1);
    expect(await append(test.log, { ...keyed, at: NOW + DAY })).toMatchObject({ seq: 1, duplicate: true });
    await test.log.sweep(NOW + DAY + 1);
    expect(await stored(test, 'post_keys')).toBe(0);
  });

  test('a reader of the feed who was away too long is told', async () => {
    const test = await open();
    await allInFeed(test);
    const { cursor } = await test.log.feed.read(undefined, 1, 0);
    await test.log.append(Array.from({ length: 3 }, () => post('lobby', 'a', { at: NOW })));
    await append(test.log, post('lobby', 'b', { at: NOW + 3 * DAY }));
    await allInFeed(test);
    await test.log.sweep(NOW + 3 * DAY + 1);
    await expect(test.log.feed.read(cursor, 10, 0)).rejects.toMatchObject({ code: 'GONE', oldest: expect.any(String) });
    expect(await stored(test, 'events')).toBe(1);
  });
});
