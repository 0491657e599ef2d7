import { expect, test } from 'vitest';
import { Positions } from './positions.ts';

function joinedAt(seq: number): Positions {
  const positions = new Positions();
  positions.joined('e1', seq, true);
  return positions;
}

test('messages in order, over a resumption', () => {
  const positions = joinedAt(5);
  positions.message(6);
  expect(positions.after).toEqual({ epoch: 'e1', seq: 6 });
  positions.joined('e1', 9, true);
  for (const seq of [7, 8, 9, 10]) positions.message(seq);
  expect(positions).toMatchObject({ seq: 10, faults: 0 });
});

test.each([
  ['left out', (positions: Positions) => positions.message(7)],
  ['twice', (positions: Positions) => positions.message(5)],
  ['said to be lost', (positions: Positions) => positions.lost()],
  ['not recovered', (positions: Positions) => positions.joined('e1', 9, false)],
  ['another epoch', (positions: Positions) => positions.joined('e2', 5, true)],
])('%s', (_what, happens) => {
  const positions = joinedAt(5);
  happens(positions);
  expect(positions.faults).toBe(1);
});

test('who has not joined yet has no position', () => {
  expect(new Positions().after).toBeUndefined();
});
