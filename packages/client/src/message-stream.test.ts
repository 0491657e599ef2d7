import type { HistoryPage } from '@parley/common/contracts/chat/history';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { messageAt } from '../test/fake-server.ts';
import { MessageStream } from './message-stream.ts';

function pageOf(seqs: number[], { more = false, epoch = 'e1' } = {}): HistoryPage {
  return { type: 'history', room: 'lobby', epoch, messages: seqs.map((seq) => messageAt('lobby', seq)), more };
}

/** A log that a stream follows; `commit` adds to it and gives it to the stream. */
function createLog(most: number, pageSize = 100) {
  const log: number[] = [];
  const stream = new MessageStream({
    most,
    read: async (after) => {
      const behind = log.filter((seq) => seq > after);
      return pageOf(behind.slice(0, pageSize), { more: behind.length > pageSize });
    },
    onReturn: () => {},
  });
  const commit = (seq: number) => {
    log.push(seq);
    stream.push(messageAt('lobby', seq), 'e1');
  };
  return { log, stream, commit };
}

test('however fast it is read, it gives every message once and in order', async () => {
  // How many are committed before each one is taken; changes of messages leave holes between their numbers.
  const course = fc.record({
    commits: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 30 }),
    most: fc.integer({ min: 1, max: 5 }),
    pageSize: fc.integer({ min: 1, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(course, async ({ commits, most, pageSize }) => {
      const { log, stream, commit } = createLog(most, pageSize);
      const given: number[] = [];
      let seq = 0;
      for (const count of commits) {
        for (let i = 0; i < count; i += 1) {
          seq += 1 + (seq % 3 === 0 ? 1 : 0);
          commit(seq);
        }
        if (given.length === log.length) continue;
        const taking = stream.next();
        // This one comes while a page may be on its way.
        seq += 1;
        commit(seq);
        given.push((await taking).value?.seq ?? 0);
      }
      while (given.length < log.length) given.push((await stream.next()).value?.seq ?? 0);
      expect(given).toEqual(log);
    }),
  );
});

test('what a page has brought before it comes by itself is not counted as missed', async () => {
  const { log, stream, commit } = createLog(2);
  for (const seq of [1, 2, 3, 4]) commit(seq);
  log.push(5, 6, 7, 8);
  const taken: (number | undefined)[] = [];
  const take = async () => taken.push((await stream.next()).value?.seq);
  for (let n = 0; n < 3; n++) await take();
  for (const seq of [5, 6, 7, 8]) stream.push(messageAt('lobby', seq), 'e1');
  commit(9);
  while (taken.length < log.length) await take();
  expect(taken).toEqual(log);
});

test('one that comes behind a page, before the page has arrived, is not taken for lost', async () => {
  const page = Promise.withResolvers<HistoryPage>();
  const asked = Promise.withResolvers<void>();
  const first = () => {
    asked.resolve();
    return page.promise;
  };
  const read = [first, async () => pageOf([4])];
  const stream = new MessageStream({ most: 1, read: () => read.shift()!(), onReturn: () => {} });
  for (const seq of [1, 2, 3]) stream.push(messageAt('lobby', seq), 'e1');
  expect((await stream.next()).value?.seq).toBe(1);
  const taking = stream.next();
  await asked.promise;
  page.resolve(pageOf([2, 3]));
  stream.push(messageAt('lobby', 4), 'e1');
  expect((await taking).value?.seq).toBe(2);
  expect((await stream.next()).value?.seq).toBe(3);
  expect((await stream.next()).value?.seq).toBe(4);
});

test('what the log does not have any more ends it with GONE', async () => {
  for (const trim of [1, 2]) {
    const { log, stream, commit } = createLog(1);
    for (const seq of [1, 2, 3]) commit(seq);
    await stream.next();
    log.splice(0, 1 + trim);
    await expect(stream.next()).rejects.toMatchObject({ code: 'GONE' });
  }
});

test('what is kept is given before the end; who stops early gets no more', async () => {
  const ended = createLog(10);
  ended.commit(1);
  ended.stream.end(new Error('over'));
  expect((await ended.stream.next()).value?.seq).toBe(1);
  await expect(ended.stream.next()).rejects.toThrow('over');

  const left = createLog(10);
  left.commit(1);
  await left.stream.return();
  expect((await left.stream.next()).done).toBe(true);
});

test('a new log: who is behind cannot read the old one; who is not goes on', async () => {
  const behind = createLog(1);
  for (const seq of [1, 2]) behind.commit(seq);
  behind.stream.reset();
  await behind.stream.next();
  await expect(behind.stream.next()).rejects.toMatchObject({ code: 'GONE' });

  const live = createLog(3);
  for (const seq of [1, 2]) live.commit(seq);
  live.stream.reset();
  live.stream.push(messageAt('lobby', 1), 'e2');
  expect(
    [await live.stream.next(), await live.stream.next(), await live.stream.next()].map(({ value }) => value?.seq),
  ).toEqual([1, 2, 1]);
});
