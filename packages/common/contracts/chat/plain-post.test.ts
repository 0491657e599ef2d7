import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainPost } from './plain-post.ts';
import { post } from './post.ts';

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\0', 'a\0', '\ud800', 'x'.repeat(128), 'x'.repeat(129), 'lobby', 'Lobby', '-', 'a'.repeat(64)),
);
const anything = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.constantFrom(null, true, undefined, {}, [], 1n, Number.NaN),
);

test('whatever is taken for a plain post is a post, and reads the same', () => {
  let taken = 0;
  const often = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof<fc.WeightedArbitrary<unknown>[]>({ weight: 4, arbitrary }, { weight: 1, arbitrary: anything });
  const fields = fc.record(
    {
      type: often(fc.constant('post')),
      room: often(fc.constantFrom('lobby', 'a', 'a.b-c_1')),
      text: often(text),
      id: often(fc.integer()),
      key: often(text),
    },
    { requiredKeys: ['type', 'room', 'text'] },
  );
  const more = fc.oneof(
    { weight: 4, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.record({ data: anything }) },
  );
  fc.assert(
    fc.property(fields, more, (some, others) => {
      const value = { ...some, ...others };
      const plain = plainPost(value);
      if (plain === undefined) return;
      taken += 1;
      expect(post.safeParse(value)).toEqual({ success: true, data: plain });
    }),
    { numRuns: 5_000 },
  );
  expect(taken).toBeGreaterThan(500);
});

test('a text with an id and a key is one; what has data, or more, is left to the contract', () => {
  const plain = { type: 'post', room: 'lobby', text: 'hello' };
  for (const more of [{}, { id: 1 }, { id: 'a' }, { key: 'k' }, { id: 1, key: 'k' }])
    expect(plainPost({ ...plain, ...more })).toEqual({ ...plain, ...more });
  for (const more of [
    { data: 1 },
    { more: 1 },
    { key: '' },
    { id: 'x'.repeat(129) },
    { room: 'Lobby' },
    { text: '\0' },
  ])
    expect(plainPost({ ...plain, ...more })).toBeUndefined();
});
