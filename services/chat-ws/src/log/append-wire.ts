import { ParleyError } from '@parley/common/runtime/errors';
import { contentColumns } from './content.ts';
import type { AppendResult, Post } from './room-log.ts';

/**
 * How a batch goes to the thread that appends it, and what became of it back: one flat array each, because cloning an array of
 * objects costs three times as much.
 */
export type FlatBatch = (string | number | null)[];
export type FlatResults = (string | number)[];

/** A post in a flat batch: room, sender's id and name, at, text, data, key. */
export const POST_FIELDS = 7;

/** A result: what became of the post, seq, at, epoch. */
const RESULT_FIELDS = 4;

export const outcome = { appended: 0, duplicate: 1, conflict: 2, noRoom: 3 } as const;
export type Outcome = (typeof outcome)[keyof typeof outcome];

export function encodeBatch(posts: readonly Post[]): FlatBatch {
  const flat: FlatBatch = [];
  for (const post of posts) {
    const [text, data] = contentColumns(post);
    flat.push(post.room, post.from.id, post.from.name, post.at, text, data, post.key ?? null);
  }
  return flat;
}

export function decodeResults(flat: FlatResults): AppendResult[] {
  const results: AppendResult[] = [];
  for (let i = 0; i < flat.length; i += RESULT_FIELDS) {
    results.push(toResult(flat[i] as Outcome, flat[i + 1] as number, flat[i + 2] as number, flat[i + 3] as string));
  }
  return results;
}

export function toResult(what: Outcome, seq: number, at: number, epoch: string): AppendResult {
  switch (what) {
    case outcome.appended:
      return { seq, epoch, at, duplicate: false };
    case outcome.duplicate:
      return { seq, epoch, at, duplicate: true };
    case outcome.conflict:
      return new ParleyError('CONFLICT', 'This key was used for a post with other content.');
    case outcome.noRoom:
      return new ParleyError('NOT_FOUND', 'There is no such room.');
  }
}
