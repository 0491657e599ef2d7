import { ParleyError } from '@parley/common/runtime/errors';
import { silentLogger } from '@parley/common/runtime/logger';
import { expect, test, vi } from 'vitest';
import { type CommitQueueOptions, createCommitQueue } from './commit-queue.ts';
import type { AppendResult, OnEntries, Post, RoomLog } from './room-log.ts';

type Call = { texts: (string | null | undefined)[] } & PromiseWithResolvers<AppendResult[]>;

/** A log whose transactions end when the test says so. */
function heldLog() {
  const calls: Call[] = [];
  const heads = new Map<string, number>();
  let found: OnEntries = () => {};
  const log: Pick<RoomLog, 'append' | 'onFound' | 'hurry'> = {
    hurry: vi.fn(),
    append(batch) {
      const call = { texts: batch.map(({ text }) => text), ...Promise.withResolvers<AppendResult[]>() };
      calls.push(call);
      return call.promise;
    },
    onFound(listener) {
      found = listener;
    },
  };
  /** Commits the batch of the call, with the next seq of each room. */
  function commit(call: Call | undefined, posts: Post[]): void {
    call?.resolve(
      posts.map(({ room, at }) => {
        const seq = (heads.get(room) ?? 0) + 1;
        heads.set(room, seq);
        return { seq, epoch: 'e', at, duplicate: false };
      }),
    );
  }
  return { log, calls, commit, found: () => found };
}

function setUp(more: Partial<CommitQueueOptions> = {}) {
  const held = heldLog();
  const story: string[] = [];
  const queue = createCommitQueue(held.log as RoomLog, {
    maxBatch: 100,
    maxWaiting: 1_000,
    maxWaitingChars: 1_000_000,
    answering(give) {
      give();
      story.push('answered');
    },
    onCommitted: (room, _epoch, entries) => story.push(`${room}: ${entries.map(({ seq, text }) => `${seq} ${text}`)}`),
    log: silentLogger(),
    ...more,
  });
  const say = (text: string, room = 'lobby') => {
    const one = { room, text, from: { id: 'u', name: 'u' }, at: 0 };
    queue.post(one, (result) =>
      story.push(
        `${text} -> ${result instanceof ParleyError ? result.code : `${result.seq}${result.duplicate ? ' again' : ''}`}`,
      ),
    );
    return one;
  };
  const started = (count: number) => vi.waitFor(() => expect(held.calls.length).toBe(count));
  return { ...held, queue, story, say, started };
}

test('flushes at the end of the turn when idle, and gathers what comes while a batch is in flight', async () => {
  const { say, calls, started, commit, story } = setUp({ maxBatch: 3 });
  const first = [say('a'), say('b')];
  expect(calls.length).toBe(0);
  await started(1);
  const later = ['c', 'd', 'e', 'f'].map((text) => say(text));
  await new Promise(setImmediate);
  expect(calls.map(({ texts }) => texts)).toEqual([['a', 'b']]);
  commit(calls[0], first);
  await started(2);
  commit(calls[1], later.slice(0, 3));
  await started(3);
  expect(calls.map(({ texts }) => texts)).toEqual([['a', 'b'], ['c', 'd', 'e'], ['f']]);
  expect(story.slice(0, 4)).toEqual(['a -> 1', 'b -> 2', 'answered', 'lobby: 1 a,2 b']);
});

test('begins at once for who says that there is nothing more, but never a second batch', async () => {
  const { queue, say, calls, started, commit } = setUp();
  queue.flush();
  expect(calls.length).toBe(0);
  const first = [say('a'), say('b')];
  queue.flush();
  expect(calls.map(({ texts }) => texts)).toEqual([['a', 'b']]);
  const later = [say('c')];
  queue.flush();
  await new Promise(setImmediate);
  expect(calls.length).toBe(1);
  commit(calls[0], first);
  await started(2);
  commit(calls[1], later);
  await queue.drain();
  expect(calls.map(({ texts }) => texts)).toEqual([['a', 'b'], ['c']]);
});

test('answers first, then tells each room once, without repeated and refused posts', async () => {
  const { say, calls, started, story } = setUp();
  for (const [text, room] of [
    ['a', 'one'],
    ['b', 'two'],
    ['c', 'one'],
    ['d', 'one'],
    ['e', 'one'],
  ] as const)
    say(text, room);
  await started(1);
  const at = (seq: number, duplicate = false) => ({ seq, epoch: 'e', at: 0, duplicate });
  calls[0]?.resolve([at(7), at(1), at(3, true), new ParleyError('CONFLICT', 'used'), at(8)]);
  await vi.waitFor(() => expect(story.length).toBe(8));
  expect(story).toEqual([
    'a -> 7',
    'b -> 1',
    'c -> 3 again',
    'd -> CONFLICT',
    'e -> 8',
    'answered',
    'one: 7 a,8 e',
    'two: 1 b',
  ]);
});

test('a failed commit answers every post of it UNAVAILABLE, and the next batch goes on', async () => {
  const { say, calls, started, commit, story } = setUp();
  say('a');
  say('b');
  await started(1);
  const next = say('c');
  calls[0]?.reject(new ParleyError('UNAVAILABLE', 'no disk'));
  await started(2);
  commit(calls[1], [next]);
  await vi.waitFor(() => expect(story).toContain('lobby: 1 c'));
  expect(story).toEqual(['a -> UNAVAILABLE', 'b -> UNAVAILABLE', 'answered', 'c -> 1', 'answered', 'lobby: 1 c']);
});

test('an error that is nobody’s fault is not tried again in parts', async () => {
  const { say, calls, started, story } = setUp();
  say('a');
  say('b');
  await started(1);
  calls[0]?.reject(new TypeError('a fault of ours'));
  await vi.waitFor(() => expect(story).toEqual(['a -> INTERNAL', 'b -> INTERNAL', 'answered']));
  expect(calls.length).toBe(1);
});

test('a bad entry is found by halves, and the others are stored in their order', async () => {
  const { say, calls, started, commit, story } = setUp();
  const posts = ['a', 'b', 'bad', 'd', 'e'].map((text) => say(text));
  for (let n = 0; story.length === 0; n++) {
    await started(n + 1);
    const call = calls[n];
    if (call?.texts.includes('bad')) call.reject(new ParleyError('BAD_MESSAGE', 'bad'));
    else
      commit(
        call,
        posts.filter(({ text }) => call?.texts.includes(text)),
      );
    await new Promise(setImmediate);
  }
  expect(story).toEqual([
    'a -> 1',
    'b -> 2',
    'bad -> BAD_MESSAGE',
    'd -> 3',
    'e -> 4',
    'answered',
    'lobby: 1 a,2 b,3 d,4 e',
  ]);
});

test('refuses at once what is more than may wait, in number and in size', async () => {
  const { say, story, started, calls, commit } = setUp({ maxWaiting: 3, maxWaitingChars: 10 });
  const posts = [say('a'), say('b'), say('c')];
  say('d');
  expect(story).toEqual(['d -> UNAVAILABLE']);
  await started(1);
  say('x'.repeat(10));
  say('y');
  expect(story.slice(1)).toEqual(['y -> UNAVAILABLE']);
  commit(calls[0], posts);
  await started(2);
  say('z');
  expect(story).not.toContain('z -> UNAVAILABLE');
});

test('puts large posts into several batches', async () => {
  const { say, calls, started, commit } = setUp({ maxWaitingChars: 1 << 30 });
  const large = 'x'.repeat(3 << 20);
  const posts = [say(large), say(large), say('small'), say('y'.repeat(5 << 20)), say('small')];
  for (const [n, [from, to]] of [
    [0, 1],
    [1, 3],
    [3, 4],
    [4, 5],
  ].entries()) {
    await started(n + 1);
    expect(calls[n]?.texts.length).toBe((to ?? 0) - (from ?? 0));
    commit(calls[n], posts.slice(from, to));
  }
});

test('drain waits for everything that was accepted', async () => {
  const { say, queue, calls, started, commit } = setUp();
  await queue.drain();
  const first = say('a');
  let drained = 0;
  for (let i = 0; i < 2; i++) void queue.drain().then(() => drained++);
  await started(1);
  const second = say('b');
  expect(queue.pending).toBe(2);
  commit(calls[0], [first]);
  await started(2);
  expect(drained).toBe(0);
  calls[1]?.reject(new ParleyError('UNAVAILABLE', 'no disk'));
  await vi.waitFor(() => expect(drained).toBe(2));
  expect(queue.pending).toBe(0);
  expect(second.text).toBe('b');
});

test('a fault in telling one sender or room leaves the others theirs', async () => {
  const told: string[] = [];
  const { queue, calls, started, commit } = setUp({
    onCommitted(room) {
      told.push(room);
      throw new Error('a fault of ours');
    },
  });
  const posts = ['one', 'two'].map((room) => ({ room, text: room, from: { id: 'u', name: 'u' }, at: 0 }));
  const answers: AppendResult[] = [];
  for (const one of posts)
    queue.post(one, (result) => {
      answers.push(result);
      throw new Error('a fault of ours');
    });
  await started(1);
  commit(calls[0], posts);
  await queue.drain();
  expect(answers.length).toBe(2);
  expect(told).toEqual(['one', 'two']);
});

test('postAndWait gives the place, or throws why there is none', async () => {
  const { queue, calls, started, commit } = setUp();
  const one = { room: 'lobby', data: { a: 1 }, from: { id: 'u', name: 'u' }, at: 5 };
  const answer = queue.postAndWait(one);
  await started(1);
  commit(calls[0], [one]);
  expect(await answer).toMatchObject({ seq: 1, at: 5 });
  const failing = queue.postAndWait(one);
  await started(2);
  calls[1]?.reject(new ParleyError('UNAVAILABLE', 'no disk'));
  await expect(failing).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

test('passes on what the log finds to be committed later', () => {
  const { found, story } = setUp();
  found()('lobby', 'e', [{ seq: 4, at: 0, from: { id: 'u', name: 'u' }, text: 'late' }]);
  expect(story).toEqual(['lobby: 4 late']);
});

test('given up, what is not committed is answered at once and only once, and shown to its room if it is committed after all', async () => {
  const { queue, log, say, calls, started, commit, story } = setUp({ maxBatch: 1 });
  const first = [say('a')];
  await started(1);
  say('b');
  queue.giveUp();
  expect(log.hurry).toHaveBeenCalled();
  expect(story).toEqual(['a -> UNAVAILABLE', 'b -> UNAVAILABLE', 'answered']);
  commit(calls[0], first);
  await queue.drain();
  expect(story.slice(3)).toEqual(['answered', 'lobby: 1 a']);
  expect(calls).toHaveLength(1);
});
