import { ParleyError } from '@parley/common/runtime/errors';
import { contentColumns } from './content.ts';
import type { AppendResult, Write } from './room-log.ts';

/**
 * How a batch goes to the thread that appends it, and what became of it back: one flat array each, because cloning an array of
 * objects costs three times as much.
 */
export type FlatBatch = (string | number | null)[];
export type FlatResults = (string | number)[];

/** What is to be written in a flat batch: room, sender's id and name, at, text, data, key; of a change also `of`, and 1 if `any`; the epoch that is meant. */
export const WRITE_FIELDS = 10;

/** A result: what became of it, seq, at, epoch. */
const RESULT_FIELDS = 4;

export const outcome = { appended: 0, duplicate: 1, conflict: 2, noRoom: 3, gone: 4, forbidden: 5 } as const;
export type Outcome = (typeof outcome)[keyof typeof outcome];

export function encodeBatch(batch: readonly Write[]): FlatBatch {
  const flat: FlatBatch = [];
  for (const one of batch) {
    const { room, from, at, key = null, epoch = null } = one;
    if (one.of === undefined) {
      const [text, data] = contentColumns(one);
      flat.push(room, from.id, from.name, at, text, data, key, null, 0, epoch);
    } else {
      flat.push(room, from.id, from.name, at, one.text, null, key, one.of, one.any ? 1 : 0, epoch);
    }
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
      return new ParleyError('CONFLICT', 'This key was used for other content.');
    case outcome.noRoom:
      return new ParleyError('NOT_FOUND', 'There is no such room.');
    case outcome.gone:
      return new ParleyError('NOT_FOUND', 'There is no such message, or it has been deleted.');
    case outcome.forbidden:
      return new ParleyError('FORBIDDEN', 'That message is somebody else’s.');
  }
}
