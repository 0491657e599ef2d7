import { expect, test } from 'vitest';
import { BadMessages } from './bad-messages.ts';

test('bad messages are too many within a minute only', () => {
  const bad = new BadMessages(2);
  expect([bad.add(0), bad.add(60_000), bad.add(60_001), bad.add(200_000)]).toEqual([false, false, true, false]);
});
