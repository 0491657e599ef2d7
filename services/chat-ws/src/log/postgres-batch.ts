import { outcome, toResult } from './append-wire.ts';
import { contentColumns, contentHash, isSameContent } from './content.ts';
import type { AppendResult, Change, Post, Write } from './room-log.ts';

export type KnownRoom = { id: number; name: string; epoch: string };
export type UsedKey = { seq: number; content_hash: string; at: number };

/** A post as it goes into the tables; its seq is the room's head before the batch plus `place`. */
export type NewRow = {
  index: number;
  room: KnownRoom;
  place: number;
  text: string | null;
  data: string | null;
  key: string | null;
  contentHash: string | null;
};

/**
 * What to do with a batch, decided with the rooms locked: the rows to insert, how many seq each room needs, and the results of the
 * posts that need none. `repeats`: posts whose key came earlier in the same batch, by index, with the row they repeat.
 */
export type BatchPlan = {
  results: (AppendResult | undefined)[];
  rows: NewRow[];
  repeats: { index: number; row: NewRow }[];
  counts: Map<KnownRoom, number>;
};

/** The room that is meant; undefined: it is not there, or no more. */
export function roomOf({ room: name, epoch }: Write, rooms: ReadonlyMap<string, KnownRoom>): KnownRoom | undefined {
  const room = rooms.get(name);
  return epoch === undefined || epoch === room?.epoch ? room : undefined;
}

/** A batch in its order: posts that follow each other, and changes one by one. */
export function runsOf(batch: readonly Write[]): (Post[] | Change)[] {
  const runs: (Post[] | Change)[] = [];
  let posts: Post[] | undefined;
  for (const one of batch) {
    if (one.of !== undefined) {
      runs.push(one);
      posts = undefined;
    } else if (posts !== undefined) {
      posts.push(one);
    } else {
      posts = [one];
      runs.push(posts);
    }
  }
  return runs;
}

/** `used`: by a post's index in the batch, what its key was used for before. */
export function planBatch(
  posts: readonly Post[],
  rooms: ReadonlyMap<string, KnownRoom>,
  used: ReadonlyMap<number, UsedKey>,
): BatchPlan {
  const plan: BatchPlan = { results: posts.map(() => undefined), rows: [], repeats: [], counts: new Map() };
  const keys = new Map<string, NewRow>();
  for (const [index, post] of posts.entries()) {
    const room = roomOf(post, rooms);
    if (!room) {
      plan.results[index] = toResult(outcome.noRoom, 0, 0, '');
      continue;
    }
    const [text, data] = contentColumns(post);
    const hash = post.key === undefined ? null : contentHash(text, data);
    const first = used.get(index);
    if (first) {
      const what = isSameContent(first.content_hash, hash ?? '') ? outcome.duplicate : outcome.conflict;
      plan.results[index] = toResult(what, first.seq, first.at, room.epoch);
      continue;
    }
    const name = post.key === undefined ? undefined : JSON.stringify([room.id, post.from.id, post.key]);
    const earlier = name === undefined ? undefined : keys.get(name);
    if (earlier) {
      if (earlier.contentHash === hash) plan.repeats.push({ index, row: earlier });
      else plan.results[index] = toResult(outcome.conflict, 0, 0, room.epoch);
      continue;
    }
    const place = (plan.counts.get(room) ?? 0) + 1;
    plan.counts.set(room, place);
    const row = { index, room, place, text, data, key: post.key ?? null, contentHash: hash };
    plan.rows.push(row);
    if (name !== undefined) keys.set(name, row);
  }
  return plan;
}

/** Every post's result, once each room's head before the batch (`bases`, by room id) is known. */
export function finishBatch(
  posts: readonly Post[],
  plan: BatchPlan,
  bases: ReadonlyMap<number, number>,
): AppendResult[] {
  const results = [...plan.results];
  const place = (row: NewRow) => (bases.get(row.room.id) ?? Number.NaN) + row.place;
  const at = (row: NewRow) => posts[row.index]?.at ?? Number.NaN;
  for (const row of plan.rows) {
    results[row.index] = toResult(outcome.appended, place(row), at(row), row.room.epoch);
  }
  for (const { index, row } of plan.repeats) {
    results[index] = toResult(outcome.duplicate, place(row), at(row), row.room.epoch);
  }
  return results as AppendResult[];
}
