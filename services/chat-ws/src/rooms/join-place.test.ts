import { expect, test } from 'vitest';
import { placeAfter } from './join-place.ts';

const room = { epoch: 'e1', head: 20, oldest: 5 };

test.each([
  ['nothing', undefined, { next: 21, fromFirst: false, recovered: true }],
  ['the start', 'start', { next: 5, fromFirst: true, recovered: true }],
  ['a position', { epoch: 'e1', seq: 12 }, { next: 13, fromFirst: false, recovered: true }],
  ['the head', { epoch: 'e1', seq: 20 }, { next: 21, fromFirst: false, recovered: true }],
  ['the last one trimmed', { epoch: 'e1', seq: 4 }, { next: 5, fromFirst: false, recovered: true }],
  ['one that was trimmed', { epoch: 'e1', seq: 3 }, { next: 4, fromFirst: false, recovered: false }],
  ['a place beyond the head', { epoch: 'e1', seq: 21 }, { next: 5, fromFirst: true, recovered: false }],
  ['another epoch', { epoch: 'e0', seq: 12 }, { next: 5, fromFirst: true, recovered: false }],
] as const)('after %s', (_what, after, place) => {
  expect(placeAfter(after, room)).toEqual(place);
});
