import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createGuest, slugOf } from './guest.ts';

test.each([
  ['ada', 'ada'],
  ['Ada Lovelace', 'ada-lovelace'],
  ['  Zoë!! ', 'zoe'],
  ['-_-', 'anon'],
  ['名前', 'anon'],
  ['a'.repeat(40), 'a'.repeat(20)],
])('the slug of %j is %j', (wish, slug) => {
  expect(slugOf(wish)).toBe(slug);
});

test('whatever is wished for, a guest is one word and never called like somebody else', () => {
  fc.assert(
    fc.property(fc.string(), (wish) => {
      const { id, name, guest } = createGuest(wish);
      expect(name).toMatch(/^guest-[a-z0-9-]{1,20}-[a-z0-9]{4}$/);
      expect(id).toMatch(/^g_[a-z0-9]{16}$/);
      expect(guest).toBe(true);
    }),
  );
});
