import { ParleyError } from '@parley/common/runtime/errors';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { AppendResult, RoomLog } from '../../src/log/room-log.ts';
import {
  ada,
  allInFeed,
  append,
  bob,
  change,
  creation,
  DAY,
  openTestLog,
  post,
  type TestLog,
} from './open-test-log.ts';

const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

const say = (result: AppendResult) =>
  result instanceof ParleyError ? result.code : `${result.seq}${result.duplicate ? ' again' : ''}`;

/** What readers get: `seq text`, of a change `seq of text`. */
async function told(log: RoomLog, room = 'lobby'): Promise<string[]> {
  const { entries } = await log.read(room, 1, 1_000);
  return entries.map(({ seq, of, text, data, deleted }) => {
    const content = deleted ? '(deleted)' : (text ?? JSON.stringify(data));
    return of === undefined ? `${seq} ${content}` : `${seq} of ${of}: ${content}`;
  });
}

/** Everything that is stored anywhere. */
async function dump({ database: { db } }: TestLog): Promise<string> {
  const tables = ['rooms', 'messages', 'post_keys', 'events'];
  const rows = await Promise.all(tables.map((table) => sql`SELECT * FROM ${sql.table(table)}`.execute(db)));
  return JSON.stringify(rows.map((result) => result.rows));
}

describeEachDatabase('changes in a room log', (databases) => {
  const open = async (options = {}) => {
    const test = await openTestLog(await databases.create(), options);
    await test.log.openRoom('lobby', creation);
    return test;
  };

  test('are entries of their own; the message and its earlier changes read as the latest left them', async () => {
    const { log } = await open();
    await log.append([post('lobby', 'one'), post('lobby', 'two'), { room: 'lobby', from: ada, data: { n: 1 }, at: 1 }]);
    expect(await append(log, change('lobby', 1, 'uno', { at: 7_000 }))).toMatchObject({ seq: 4, duplicate: false });
    expect(await told(log)).toEqual(['1 uno', '2 two', '3 {"n":1}', '4 of 1: uno']);
    await log.append([change('lobby', 1, ''), change('lobby', 3, 'three')]);
    expect(await told(log)).toEqual(['1 ', '2 two', '3 three', '4 of 1: ', '5 of 1: ', '6 of 3: three']);
    const { entries } = await log.read('lobby', 4, 1);
    expect(entries).toEqual([{ seq: 4, at: 7_000, from: ada, of: 1, text: '' }]);
  });

  test('that delete leave nothing of the content in any table', async () => {
    const test = await open();
    const { log } = test;
    await log.append([post('lobby', 'a secret', { key: 'k' }), { room: 'lobby', from: ada, data: 'a secret', at: 1 }]);
    await log.append([change('lobby', 1, 'still a secret', { key: 'l' }), change('lobby', 1, 'a secret too')]);
    expect(await dump(test)).toContain('secret');
    await log.append([change('lobby', 1, null), change('lobby', 2, null)]);
    expect(await dump(test)).not.toContain('secret');
    expect(await told(log)).toEqual([
      '1 (deleted)',
      '2 (deleted)',
      '3 of 1: (deleted)',
      '4 of 1: (deleted)',
      '5 of 1: (deleted)',
      '6 of 2: (deleted)',
    ]);
  });

  test('cost the same however often a message has been changed: its text is stored twice', async () => {
    const test = await open();
    const { log } = test;
    await log.append([post('lobby', 'zero'), ...range(1, 40).map((n) => change('lobby', 1, `edit ${n}`))]);
    for (const n of range(41, 80)) await append(log, change('lobby', 1, `edit ${n}`));
    // The message, and the latest change.
    expect((await dump(test)).match(/edit \d+/g)).toEqual(['edit 80', 'edit 80']);
    expect(await told(log)).toEqual(['1 edit 80', ...range(2, 81).map((seq) => `${seq} of 1: edit 80`)]);
    await allInFeed(test);
    const { events } = await log.feed.read(undefined, 100, 0);
    const changed = events.flatMap(({ type, data }) => (type === 'message.changed' ? [data.text] : []));
    expect(changed).toEqual(range(1, 80).map(() => 'edit 80'));
  });

  test('that cannot be made consume no seq, and keep nothing else from being stored', async () => {
    const { log } = await open();
    await log.openRoom('other', creation);
    const results = await log.append([
      post('lobby', 'mine'),
      change('lobby', 9, 'not there'),
      post('lobby', 'bob’s', { from: bob }),
      change('lobby', 2, 'not mine'),
      change('lobby', 2, null),
      change('nowhere', 1, 'no room'),
      change('other', 1, 'another room'),
      change('lobby', 1, 'edited'),
      change('lobby', 3, 'a change is no message'),
      change('lobby', 2, null, { any: true }),
      change('lobby', 2, 'deleted already', { from: bob }),
      change('lobby', 2, null, { any: true }),
      post('lobby', 'last'),
    ]);
    expect(results.map(say)).toEqual([
      '1',
      'NOT_FOUND',
      '2',
      'FORBIDDEN',
      'FORBIDDEN',
      'NOT_FOUND',
      'NOT_FOUND',
      '3',
      'NOT_FOUND',
      '4',
      'NOT_FOUND',
      'NOT_FOUND',
      '5',
    ]);
    expect(await told(log)).toEqual(['1 edited', '2 (deleted)', '3 of 1: edited', '4 of 2: (deleted)', '5 last']);
    expect(await log.openRoom('other')).toMatchObject({ head: 0 });
  });

  test('know their message in the same batch, and keep the order of several rooms', async () => {
    const { log } = await open();
    await log.openRoom('other', creation);
    const results = await log.append([
      post('lobby', 'a'),
      post('other', 'x'),
      change('lobby', 1, 'b'),
      post('other', 'y'),
      change('other', 2, null),
      post('lobby', 'c', { from: bob }),
      change('lobby', 1, 'd'),
    ]);
    expect(results.map(say)).toEqual(['1', '1', '2', '2', '3', '3', '4']);
    expect(await told(log)).toEqual(['1 d', '2 of 1: d', '3 c', '4 of 1: d']);
    expect(await told(log, 'other')).toEqual(['1 x', '2 (deleted)', '3 of 2: (deleted)']);
  });

  test('are made once for a key', async () => {
    const { log } = await open();
    await append(log, post('lobby', 'a', { key: 'p' }));
    const first = await append(log, change('lobby', 1, 'b', { key: 'e' }));
    await append(log, post('lobby', 'between'));
    expect(await append(log, change('lobby', 1, 'b', { key: 'e' }))).toEqual({ ...first, duplicate: true });
    const results = await log.append([
      change('lobby', 1, 'c', { key: 'e' }),
      change('lobby', 1, 'a', { key: 'p' }),
      post('lobby', 'b', { key: 'e' }),
      change('lobby', 1, null, { key: 'd' }),
      change('lobby', 1, null, { key: 'd' }),
      post('lobby', 'in the same batch', { key: 'q' }),
      change('lobby', 3, 'x', { key: 'q' }),
    ]);
    expect(results.map(say)).toEqual(['CONFLICT', 'CONFLICT', 'CONFLICT', '4', '4 again', '5', 'CONFLICT']);
    expect((await log.append([change('lobby', 1, null, { key: 'd' })])).map(say)).toEqual(['4 again']);
    expect(await told(log)).toEqual([
      '1 (deleted)',
      '2 of 1: (deleted)',
      '3 between',
      '4 of 1: (deleted)',
      '5 in the same batch',
    ]);
  });

  test('do not take a key when they cannot be made; a key is free again after its time', async () => {
    const { log } = await open();
    const at = Date.now();
    expect((await log.append([change('lobby', 1, 'b', { key: 'k' })])).map(say)).toEqual(['NOT_FOUND']);
    await append(log, post('lobby', 'a', { key: 'k', at }));
    const again = [
      change('lobby', 1, 'b', { key: 'k', at: at + DAY + 1 }),
      change('lobby', 1, 'b', { key: 'k', at: at + DAY + 2 }),
    ];
    expect((await log.append(again)).map(say)).toEqual(['2', '2 again']);
  });

  test('are not among the messages that are listed', async () => {
    const { log } = await open();
    await log.append([
      post('lobby', 'a'),
      change('lobby', 1, 'b'),
      post('lobby', 'c'),
      change('lobby', 1, 'd'),
      change('lobby', 3, null),
    ]);
    const seqs = async (page: ReturnType<typeof log.read>) => (await page).entries.map(({ seq }) => seq);
    expect(await seqs(log.readMessages('lobby', 1, 10))).toEqual([1, 3]);
    expect(await seqs(log.readMessages('lobby', 2, 1))).toEqual([3]);
    expect(await seqs(log.readMessages('lobby', 4, 10))).toEqual([]);
    expect(await seqs(log.readBack('lobby', undefined, 10))).toEqual([1, 3]);
    expect(await seqs(log.readBack('lobby', undefined, 1))).toEqual([3]);
    expect(await seqs(log.readBack('lobby', 3, 1))).toEqual([1]);
  });

  test('find nothing that was trimmed, and outlive what they changed', async () => {
    const now = Date.now();
    const retention = {
      maxEntries: 2,
      maxAgeMs: 30 * DAY,
      eventMaxAgeMs: 3 * DAY,
      keyMaxAgeMs: DAY,
      guestMaxAgeMs: 30 * DAY,
    };
    const { log } = await open({ retention });
    await log.append([post('lobby', 'a'), post('lobby', 'b'), change('lobby', 1, 'c')]);
    await log.sweep(now);
    expect(await told(log)).toEqual(['2 b', '3 of 1: c']);
    expect((await log.append([change('lobby', 1, null), change('lobby', 2, 'd')])).map(say)).toEqual([
      'NOT_FOUND',
      '4',
    ]);
    await log.sweep(now + 4 * DAY);
    expect(await told(log)).toEqual(['3 of 1: c', '4 of 2: d']);
  });
});
