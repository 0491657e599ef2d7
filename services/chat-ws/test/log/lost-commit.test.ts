import { silentLogger } from '@parley/common/runtime/logger';
import { describePostgres } from '@parley/common/runtime/test-databases';
import { expect, test, vi } from 'vitest';
import { createCommitQueue } from '../../src/log/commit-queue.ts';
import { openCuttableWay } from './cut-connection.ts';
import { change, creation, openTestLog, post, texts } from './open-test-log.ts';

describePostgres('a COMMIT whose answer is lost', (databases) => {
  async function open(settleMs: number) {
    const { dataDir, databaseUrl = '' } = await databases.create();
    const way = await openCuttableWay(databaseUrl);
    const { log } = await openTestLog({ dataDir, databaseUrl: way.url }, { settleMs });
    await log.openRoom('lobby', creation);
    const committed: string[] = [];
    const queue = createCommitQueue(log, {
      maxBatch: 100,
      maxWaiting: 100,
      maxWaitingChars: 10_000,
      onCommitted: (room, _epoch, entries) =>
        committed.push(
          `${room}: ${entries.map(({ seq, of, text }) => `${seq}${of === undefined ? '' : ` of ${of}`} ${text}`).join(', ')}`,
        ),
      log: silentLogger(),
    });
    return { way, log, queue, committed };
  }

  test('is asked for: what was committed is answered and delivered as ever', async () => {
    const { way, log, queue, committed } = await open(5_000);
    way.cut = 'after the commit';
    const posts = [queue.postAndWait(post('lobby', 'a')), queue.postAndWait(post('lobby', 'b', { key: 'k' }))];
    expect(await Promise.all(posts)).toMatchObject([{ seq: 1 }, { seq: 2, duplicate: false }]);
    expect(way.commitsCut).toBe(1);
    expect(committed).toEqual(['lobby: 1 a, 2 b']);
    way.cut = 'no';
    expect(await queue.postAndWait(post('lobby', 'c'))).toMatchObject({ seq: 3 });
    expect(await texts(log, 'lobby')).toEqual(['a', 'b', 'c']);
  });

  test('is UNAVAILABLE when it was not committed, and consumes no seq', async () => {
    const { way, log, queue, committed } = await open(5_000);
    way.cut = 'before the commit';
    await expect(queue.postAndWait(post('lobby', 'a', { key: 'k' }))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    way.cut = 'no';
    expect(await queue.postAndWait(post('lobby', 'a', { key: 'k' }))).toMatchObject({ seq: 1, duplicate: false });
    expect(committed).toEqual(['lobby: 1 a']);
    expect(await texts(log, 'lobby')).toEqual(['a']);
  });

  test('is settled before anything else is appended, when the database was away for long', async () => {
    const { way, log, queue, committed } = await open(0);
    way.cut = 'from the commit on';
    const lost = queue.postAndWait(post('lobby', 'a', { key: 'k' }));
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(log.health()).toBe('the room log cannot be written');
    await expect(queue.postAndWait(post('lobby', 'b'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(committed).toEqual([]);

    way.cut = 'no';
    expect(await queue.postAndWait(post('lobby', 'a', { key: 'k' }))).toMatchObject({ seq: 1, duplicate: true });
    expect(await queue.postAndWait(post('lobby', 'c'))).toMatchObject({ seq: 2 });
    expect(committed).toEqual(['lobby: 1 a', 'lobby: 2 c']);
    expect(await texts(log, 'lobby')).toEqual(['a', 'c']);
  });

  test('is settled for changes as for posts', async () => {
    const { way, log, queue, committed } = await open(0);
    await queue.postAndWait(post('lobby', 'a'));
    way.cut = 'from the commit on';
    const lost = queue.postAndWait(change('lobby', 1, 'b', { key: 'k' }));
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    way.cut = 'no';
    expect(await queue.postAndWait(change('lobby', 1, 'b', { key: 'k' }))).toMatchObject({ seq: 2, duplicate: true });
    expect(committed).toEqual(['lobby: 1 a', 'lobby: 2 of 1 b']);
    expect(await texts(log, 'lobby')).toEqual(['b', 'b']);

    way.cut = 'before the commit';
    const undone = [queue.postAndWait(post('lobby', 'c')), queue.postAndWait(change('lobby', 1, 'c'))];
    expect(await Promise.allSettled(undone)).toMatchObject([
      { reason: { code: 'UNAVAILABLE' } },
      { reason: { code: 'UNAVAILABLE' } },
    ]);
    way.cut = 'no';
    expect(await queue.postAndWait(change('lobby', 1, 'd'))).toMatchObject({ seq: 3 });
    expect(await texts(log, 'lobby')).toEqual(['d', 'd', 'd']);
  });

  test('is looked after even when nobody posts any more', async () => {
    const { way, log, queue, committed } = await open(0);
    way.cut = 'from the commit on';
    const lost = queue.postAndWait(post('lobby', 'a'));
    await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    way.cut = 'no';
    await vi.waitFor(() => expect(committed).toEqual(['lobby: 1 a']), { timeout: 10_000 });
    await vi.waitFor(() => expect(log.health()).toBeUndefined());
  });
});
