import type { Joined } from '@parley/common/contracts/chat/join';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cursor } from './cursor.ts';

function joined(state: Partial<Joined>): Joined {
  return { type: 'joined', room: 'lobby', epoch: 'e1', head: 0, recovered: true, members: 1, ...state };
}

test('it begins where the program wants, and goes on from where it is', () => {
  const now = new Cursor(undefined);
  expect(now.after).toBeUndefined();
  now.joined(joined({ head: 7 }));
  expect(now.after).toEqual({ epoch: 'e1', seq: 7 });

  const start = new Cursor('start');
  expect(start.after).toBe('start');
  start.joined(joined({ head: 7, next: 3 }));
  // What was trimmed between the answer and the first entry is not missing to who reads from the first one there is.
  expect(start.arrive(5)).toBe('next');
  expect(start.after).toEqual({ epoch: 'e1', seq: 5 });
  expect(start.arrive(7)).toBe('hole');
});

test('a position that means nothing any more is told, and the log is read from its beginning', () => {
  for (const answer of [joined({ epoch: 'e2', head: 9, next: 4 }), joined({ head: 2, next: 1 })]) {
    const cursor = new Cursor({ epoch: 'e1', seq: 5 });
    expect(cursor.joined(answer)).toBe(true);
    expect(cursor.arrive(answer.next as number)).toBe('next');
  }
  expect(new Cursor({ epoch: 'e1', seq: 5 }).joined(joined({ head: 5 }))).toBe(false);
});

test('what is missing is told once, and what was had is not missing', () => {
  const cursor = new Cursor({ epoch: 'e1', seq: 5 });
  cursor.joined(joined({ head: 20 }));
  expect(cursor.skip(8)).toEqual({ from: 6, to: 8 });
  expect(cursor.skip(8)).toBeUndefined();
  expect(cursor.skip(4)).toBeUndefined();
  expect(cursor.next).toBe(9);
});

test('whatever is repeated, lost and joined again, each entry is given once, in order, or told to be missing', () => {
  // What comes next: an entry a little before or behind the next one, or a break.
  const steps = fc.array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant('break' as const)), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (steps) => {
      const cursor = new Cursor({ epoch: 'e1', seq: 0 });
      const told: number[] = [];
      cursor.joined(joined({ head: 1_000 }));
      for (const step of steps) {
        if (step === 'break') {
          expect(cursor.after).toEqual({ epoch: 'e1', seq: told.length });
          cursor.joined(joined({ head: 1_000 }));
          continue;
        }
        const seq = Math.max(1, cursor.next + step);
        if (cursor.arrive(seq) === 'hole') {
          const missing = cursor.skip(seq - 1);
          for (let at = missing?.from ?? 0; at <= (missing?.to ?? -1); at += 1) told.push(at);
          expect(cursor.arrive(seq)).toBe('next');
          told.push(seq);
        } else if (cursor.next === seq + 1 && told.length === seq - 1) told.push(seq);
      }
      expect(told).toEqual(told.map((_, i) => i + 1));
      expect(cursor.position?.seq).toBe(told.length);
    }),
  );
});
