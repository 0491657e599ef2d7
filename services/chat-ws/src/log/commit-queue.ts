import { ParleyError, toParleyError } from '@parley/common/runtime/errors';
import type { Logger } from '@parley/common/runtime/logger';
import { notStored } from './append-errors.ts';
import { toRoomEntries } from './entries.ts';
import type { Appended, AppendResult, OnEntries, RoomLog, Write } from './room-log.ts';

export type PostDone = (result: AppendResult) => void;

export type CommitQueueOptions = {
  /** Posts in one transaction at most. */
  maxBatch: number;
  /** Posts, and characters of content, that may wait for a transaction; more are refused with UNAVAILABLE. */
  maxWaiting: number;
  maxWaitingChars: number;
  /** Committed entries, once per room and batch, gapless in `seq` order, after every answer of that batch. */
  onCommitted: OnEntries;
  /** Given what gives all answers of a batch: calls it, and may write them in one go. */
  answering?: (give: () => void) => void;
  log: Logger;
};

export type CommitQueue = {
  /** Accepts a post or a change; `done` is called exactly once, at once if the queue is full. They commit in the order of these calls. */
  post(post: Write, done: PostDone): void;
  /** Begins a transaction now, if none is under way, for who has nothing more to post; otherwise that is when the caller has come to its end. */
  flush(): void;
  /** The same as `post` for callers who post rarely. */
  postAndWait(post: Write): Promise<Appended>;
  /** Posts accepted and not answered yet. */
  readonly pending: number;
  /** Resolves when every post accepted until then has been answered. */
  drain(): Promise<void>;
  /**
   * Answers what is not committed by now with UNAVAILABLE, as the process is about to end: what is in flight may still be committed, and
   * is then shown to its room.
   */
  giveUp(): void;
};

/** Characters of content in one transaction at most (but at least one post): large posts must not make a commit long. */
const MAX_BATCH_CHARS = 4 << 20;

/** What is chained to it runs when the caller has come to its end; `queueMicrotask` and `process.nextTick` cost several times as much. */
const soon = Promise.resolve();

type Waiting = { post: Write; done: PostDone; chars: number };

/**
 * Group commit. Idle: a post is flushed when what came with it in one chunk has been looked at. Busy: exactly one batch is in flight, posts
 * accumulate behind it and leave together when it is back. Nothing is answered or shown to a room before its commit.
 */
export function createCommitQueue(log: RoomLog, options: CommitQueueOptions): CommitQueue {
  let waiting: Waiting[] = [];
  let waitingChars = 0;
  let inFlight: Waiting[] = [];
  let scheduled = false;
  let idle: PromiseWithResolvers<void> | undefined;

  const { answering = (give) => give() } = options;

  log.onFound((room, epoch, entries) => guarded(() => options.onCommitted(room, epoch, entries)));

  function post(post: Write, done: PostDone): void {
    const chars = contentChars(post);
    if (waiting.length >= options.maxWaiting || waitingChars + chars > options.maxWaitingChars) {
      done(new ParleyError('UNAVAILABLE', 'Too many posts are waiting to be stored.', { retryAfterMs: 1_000 }));
      return;
    }
    waiting.push({ post, done, chars });
    waitingChars += chars;
    if (inFlight.length > 0 || scheduled) return;
    scheduled = true;
    soon.then(() => {
      scheduled = false;
      flush();
    });
  }

  function takeBatch(): Waiting[] {
    if (waiting.length <= options.maxBatch && waitingChars <= MAX_BATCH_CHARS) {
      const all = waiting;
      waiting = [];
      waitingChars = 0;
      return all;
    }
    let count = 0;
    let chars = 0;
    for (const one of waiting) {
      if (count === options.maxBatch || (count > 0 && chars + one.chars > MAX_BATCH_CHARS)) break;
      count += 1;
      chars += one.chars;
    }
    waitingChars -= chars;
    return waiting.splice(0, count);
  }

  /** The next batch is on its way before this one's answers are written, so that the disk does not wait for them. */
  function flush(): void {
    if (inFlight.length > 0 || waiting.length === 0) return;
    const batch = takeBatch();
    inFlight = batch;
    const posts = batch.map((each) => each.post);
    appendIsolated(posts).then((results) => {
      inFlight = [];
      flush();
      answer(batch, posts, results);
      if (inFlight.length === 0 && waiting.length === 0) {
        idle?.resolve();
        idle = undefined;
      }
    });
  }

  /** One bad entry must not fail the others: a batch refused for its data is tried again in halves. Never rejects. */
  async function appendIsolated(posts: Write[]): Promise<AppendResult[]> {
    try {
      return await log.append(posts);
    } catch (thrown) {
      const error = toParleyError(thrown);
      if (error.code !== 'BAD_MESSAGE' || posts.length === 1) {
        options.log[error.code === 'BAD_MESSAGE' ? 'warn' : 'error'](
          { err: error, posts: posts.length },
          'posts not stored',
        );
        return posts.map(() => error);
      }
      const half = posts.length >> 1;
      const first = await appendIsolated(posts.slice(0, half));
      return first.concat(await appendIsolated(posts.slice(half)));
    }
  }

  function answer(batch: Waiting[], posts: Write[], results: AppendResult[]): void {
    guarded(() =>
      answering(() => {
        for (const [i, { done }] of batch.entries()) guarded(() => done(results[i] ?? noAnswer()));
      }),
    );
    for (const [room, { epoch, entries }] of toRoomEntries(posts, results)) {
      guarded(() => options.onCommitted(room, epoch, entries));
    }
  }

  /** A fault in answering one sender must not keep the others from their answers. */
  function guarded(tell: () => void): void {
    try {
      tell();
    } catch (err) {
      options.log.error({ err }, 'telling of committed posts failed');
    }
  }

  return {
    post,
    flush,
    postAndWait: (one) =>
      new Promise((resolve, reject) => {
        post(one, (result) => (result instanceof ParleyError ? reject(result) : resolve(result)));
      }),
    get pending() {
      return waiting.length + inFlight.length;
    },
    async drain() {
      while (waiting.length + inFlight.length > 0) {
        idle ??= Promise.withResolvers<void>();
        await idle.promise;
      }
    },
    giveUp() {
      const late = [...inFlight, ...waiting];
      waiting = [];
      waitingChars = 0;
      log.hurry();
      if (late.length === 0) return;
      options.log.error({ posts: late.length }, 'posts not stored: the database did not take them in time');
      const error = notStored(new Error('the service has stopped'));
      const answerLate = () => {
        for (const one of late) {
          guarded(() => one.done(error));
          one.done = () => {};
        }
      };
      guarded(() => answering(answerLate));
    },
  };
}

function noAnswer(): ParleyError {
  return new ParleyError('INTERNAL', 'The log gave no answer to this post.');
}

function contentChars(post: Write): number {
  if (post.of !== undefined) return post.text?.length ?? 0;
  return post.text === undefined ? JSON.stringify(post.data).length : post.text.length;
}
