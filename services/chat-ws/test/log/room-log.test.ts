import { ParleyError } from '@parley/common/runtime/errors';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, test } from 'vitest';
import { ada, allInFeed, append, bob, creation, DAY, openTestLog, placed, post, texts } from './open-test-log.ts';

describeEachDatabase('a room log', (databases) => {
  const open = async (options = {}) => openTestLog(await databases.create(), options);

  test('makes a room once, whoever comes first', async () => {
    const test = await open();
    const { log } = test;
    expect(await log.openRoom('lobby')).toBeUndefined();
    const heads = await Promise.all(Array.from({ length: 8 }, () => log.openRoom('lobby', creation)));
    expect(new Set(heads.map((head) => head?.epoch)).size).toBe(1);
    expect(heads[0]).toMatchObject({
      room: 'lobby',
      epoch: expect.stringMatching(/^[a-z0-9]{10}$/),
      head: 0,
      oldest: 1,
      visibility: 'public',
      createdBy: ada,
    });
    expect(await log.openRoom('lobby')).toEqual(heads[0]);
    await allInFeed(test);
    const { events } = await log.feed.read(undefined, 100, 0);
    expect(events).toMatchObject([
      { type: 'room.created', data: { room: 'lobby', by: ada, visibility: 'public' } },
      { type: 'member.joined', data: { room: 'lobby', user: ada, role: 'owner' } },
    ]);
  });

  test('makes no more rooms than the limits allow', async () => {
    const { log } = await open();
    const limited = { ...creation, limits: { total: 3, perUser: 2 } };
    const made = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => log.openRoom(name, limited)));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    const byBob = { ...limited, by: { ...bob, guest: true } };
    await log.openRoom('e', byBob);
    await expect(log.openRoom('f', byBob)).rejects.toMatchObject({ code: 'LIMIT_REACHED' });
  });

  test('numbers entries from 1 without holes, room by room, in the order of the batch', async () => {
    const { log } = await open();
    const [one, two] = [await log.openRoom('one', creation), await log.openRoom('two', creation)];
    const results = await log.append([
      post('one', 'a', { at: 1_000 }),
      post('two', 'b', { at: 2_000 }),
      post('one', 'c', { at: 3_000, from: bob }),
      post('one', '', { at: 4_000 }),
    ]);
    expect(results).toEqual([
      { seq: 1, epoch: one?.epoch, at: 1_000, duplicate: false },
      { seq: 1, epoch: two?.epoch, at: 2_000, duplicate: false },
      { seq: 2, epoch: one?.epoch, at: 3_000, duplicate: false },
      { seq: 3, epoch: one?.epoch, at: 4_000, duplicate: false },
    ]);
    expect(placed((await log.append([post('one', 'd')]))[0]).seq).toBe(4);
    expect(await log.read('one', 1, 3)).toEqual({
      epoch: one?.epoch,
      head: 4,
      oldest: 1,
      entries: [
        { seq: 1, at: 1_000, from: ada, text: 'a' },
        { seq: 2, at: 3_000, from: bob, text: 'c' },
        { seq: 3, at: 4_000, from: ada, text: '' },
      ],
    });
    expect(await log.openRoom('one')).toMatchObject({ head: 4 });
  });

  test('keeps any text and any JSON as it came', async () => {
    const { log } = await open();
    await log.openRoom('lobby', creation);
    const contents = [
      { text: 'naïve 漢字 👩‍💻 \u2028 "quoted" \\ \r\n\t\u0001 %s $1 ?' },
      { text: "Robert'); DROP TABLE messages;--" },
      { text: 'x'.repeat(64 * 1024) },
      { data: null },
      { data: { nested: [1, 2.5, true, { nul: '\u0000', lone: 'ok' }], '': '' } },
      { data: '{"not":"parsed twice"}' },
    ];
    await log.append(contents.map((content) => ({ room: 'lobby', from: ada, at: 5, ...content })));
    const { entries } = await log.read('lobby', 1, 100);
    expect(entries.map(({ text, data }) => (text === undefined ? { data } : { text }))).toEqual(contents);
  });

  test('answers a repeated key with the first place, and stores it once', async () => {
    const { log } = await open();
    await log.openRoom('lobby', creation);
    const first = await append(log, post('lobby', 'hello', { key: 'k', at: 1_000 }));
    expect(first).toMatchObject({ seq: 1, at: 1_000, duplicate: false });
    await append(log, post('lobby', 'between'));
    const again = await append(log, post('lobby', 'hello', { key: 'k', at: 9_000 }));
    expect(again).toEqual({ ...first, duplicate: true });
    expect(await texts(log, 'lobby')).toEqual(['hello', 'between']);
  });

  test('finds repeated keys within one batch', async () => {
    const { log } = await open();
    await log.openRoom('lobby', creation);
    const results = await log.append([
      post('lobby', 'a', { key: 'k', at: 1 }),
      post('lobby', 'a', { key: 'k', at: 2 }),
      post('lobby', 'b', { key: 'k', at: 3 }),
      post('lobby', 'c', { key: 'l', at: 4 }),
    ]);
    expect(
      results.map((result) => (result instanceof ParleyError ? result.code : [result.seq, result.duplicate])),
    ).toEqual([[1, false], [1, true], 'CONFLICT', [2, false]]);
    expect(results[1]).toMatchObject({ at: 1 });
    expect(await texts(log, 'lobby')).toEqual(['a', 'c']);
  });

  test('refuses a key that was used for other content', async () => {
    const { log } = await open();
    await log.openRoom('lobby', creation);
    await append(log, post('lobby', '1', { key: 'k' }));
    const [asText, asData] = await log.append([
      post('lobby', '2', { key: 'k' }),
      { room: 'lobby', from: ada, data: 1, key: 'k', at: 1 },
    ]);
    expect([asText, asData]).toMatchObject([{ code: 'CONFLICT' }, { code: 'CONFLICT' }]);
    expect(await log.openRoom('lobby')).toMatchObject({ head: 1 });
  });

  test('knows a key per room and per sender', async () => {
    const { log } = await open();
    await log.openRoom('one', creation);
    await log.openRoom('two', creation);
    const results = await log.append([
      post('one', 'a', { key: 'k' }),
      post('two', 'b', { key: 'k' }),
      post('one', 'c', { key: 'k', from: bob }),
    ]);
    expect(results).toMatchObject([{ duplicate: false }, { duplicate: false }, { duplicate: false }]);
  });

  test('forgets a key after its time', async () => {
    const { log } = await open();
    await log.openRoom('lobby', creation);
    const at = Date.now();
    await append(log, post('lobby', 'a', { key: 'k', at }));
    expect(await append(log, post('lobby', 'a', { key: 'k', at: at + DAY }))).toMatchObject({ duplicate: true });
    expect(await append(log, post('lobby', 'b', { key: 'k', at: at + DAY + 1 }))).toMatchObject({ seq: 2 });
    expect(await append(log, post('lobby', 'b', { key: 'k', at: at + 2 * DAY }))).toMatchObject({
      seq: 2,
      duplicate: true,
    });
  });

  test('says that a room is not there, and stores the rest of the batch', async () => {
    const { log } = await open();
    await log.openRoom('lobby', creation);
    const results = await log.append([post('nowhere', 'a'), post('lobby', 'b'), post('nowhere', 'c', { key: 'k' })]);
    expect(results).toMatchObject([{ code: 'NOT_FOUND' }, { seq: 1 }, { code: 'NOT_FOUND' }]);
    await expect(log.read('nowhere', 1, 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(log.readBack('nowhere', undefined, 10)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('reads forwards and backwards in stretches', async () => {
    const { log } = await open();
    await log.openRoom('other', creation);
    await log.openRoom('lobby', creation);
    await log.append(Array.from({ length: 10 }, (_, i) => post(i % 2 ? 'other' : 'lobby', `${i}`)));
    await log.append(Array.from({ length: 5 }, (_, i) => post('lobby', `more ${i}`)));
    const seqs = async (page: ReturnType<typeof log.read>) => (await page).entries.map(({ seq }) => seq);
    expect(await seqs(log.read('lobby', 0, 3))).toEqual([1, 2, 3]);
    expect(await seqs(log.read('lobby', 4, 4))).toEqual([4, 5, 6, 7]);
    expect(await seqs(log.read('lobby', 9, 4))).toEqual([9, 10]);
    expect(await seqs(log.read('lobby', 11, 4))).toEqual([]);
    expect(await seqs(log.readBack('lobby', undefined, 3))).toEqual([8, 9, 10]);
    expect(await seqs(log.readBack('lobby', 8, 3))).toEqual([5, 6, 7]);
    expect(await seqs(log.readBack('lobby', 3, 10))).toEqual([1, 2]);
    expect(await seqs(log.readBack('lobby', 1, 10))).toEqual([]);
    expect(await seqs(log.readBack('lobby', 1_000, 1))).toEqual([10]);
  });

  test('bounds a page in size as well', async () => {
    const { log } = await open();
    await log.openRoom('lobby', creation);
    await log.append(Array.from({ length: 40 }, () => post('lobby', 'x'.repeat(64 * 1024))));
    const forward = await log.read('lobby', 3, 1_000);
    expect(forward.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, i) => 3 + i));
    const backward = await log.readBack('lobby', undefined, 1_000);
    expect(backward.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, i) => 25 + i));
  });

  test('lists public rooms by name, page by page', async () => {
    const { log } = await open();
    for (const name of ['b', 'c', 'a-1', 'a.1', 'z']) await log.openRoom(name, creation);
    await log.openRoom('hidden', { ...creation, visibility: 'private' });
    expect(await log.rooms(1, 3)).toMatchObject({ total: 5, items: [{ room: 'a-1' }, { room: 'a.1' }, { room: 'b' }] });
    expect((await log.rooms(2, 3)).items.map(({ room }) => room)).toEqual(['c', 'z']);
  });

  test('is the same after a restart', async () => {
    const where = await databases.create();
    const before = await openTestLog(where);
    const room = await before.log.openRoom('lobby', creation);
    const first = await append(before.log, post('lobby', 'a', { key: 'k' }));
    await before.close();
    const { log } = await openTestLog(where);
    expect(await log.openRoom('lobby')).toEqual({ ...room, head: 1 });
    expect(await append(log, post('lobby', 'a', { key: 'k' }))).toEqual({ ...first, duplicate: true });
    expect(await append(log, post('lobby', 'b'))).toMatchObject({ seq: 2, epoch: room?.epoch });
  });
});
