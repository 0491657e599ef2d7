import { expect, test } from 'vitest';
import { formatPosition, readPosition } from './position.ts';

test('a position survives being written and read', () => {
  expect(readPosition(formatPosition({ epoch: 'k3_x-', seq: 0 }))).toEqual({ epoch: 'k3_x-', seq: 0 });
});

test.each(['', 'e', 'e:', ':1', 'e:-1', 'e:1.5', 'e:1:2', 'e f:1', `e:${2 ** 53}`, 'start'])(
  '%j is no position',
  (text) => {
    expect(readPosition(text)).toBeUndefined();
  },
);
