import type { LogEntry } from '@parley/common/contracts/log-entry';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EntryOrder } from './entry-order.ts';

const entry = (seq: number): LogEntry => ({ seq, at: 0, from: { id: 'u', name: 'u' }, text: `${seq}` });
const entries = (...seqs: number[]) => seqs.map(entry);
const seqsOf = (list: readonly LogEntry[]) => list.map(({ seq }) => seq);

test('what follows the head is published at once, what was published before is not', () => {
  const order = new EntryOrder();
  expect(seqsOf(order.take(4, entries(5, 6), 0))).toEqual([5, 6]);
  expect(order.take(6, entries(5, 6), 0)).toEqual([]);
  expect(seqsOf(order.take(6, entries(6, 7), 0))).toEqual([7]);
  expect(order.missingSince(7)).toBeUndefined();
});

test('what is early is held until the hole before it has filled', () => {
  const order = new EntryOrder();
  expect(order.take(0, entries(4), 10)).toEqual([]);
  expect(order.take(0, entries(2), 20)).toEqual([]);
  expect(order.missingSince(0)).toBe(10);
  expect(seqsOf(order.take(0, entries(1), 30))).toEqual([1, 2]);
  // Another hole, as of now.
  expect(order.missingSince(2)).toBe(30);
  expect(seqsOf(order.take(2, entries(3), 40))).toEqual([3, 4]);
  expect(order.missingSince(4)).toBeUndefined();
});

test('what is only known to be committed is a hole as well', () => {
  const order = new EntryOrder();
  order.expect(3, 3, 10);
  expect(order.missingSince(3)).toBeUndefined();
  order.expect(3, 5, 20);
  expect(order.missingSince(3)).toBe(20);
  expect(seqsOf(order.takeRead(3, entries(4, 5), { upTo: 5, now: 30 }))).toEqual([4, 5]);
  expect(order.missingSince(5)).toBeUndefined();
});

test('a hole that was read is published with what was held behind it; what was trimmed leaves a hole', () => {
  const order = new EntryOrder();
  order.take(0, entries(4), 0);
  expect(seqsOf(order.takeRead(0, entries(2, 3), { upTo: 4, now: 9 }))).toEqual([2, 3, 4]);
  order.take(4, entries(9), 10);
  expect(seqsOf(order.takeRead(4, [], { upTo: 9, now: 20 }))).toEqual([9]);
  expect(order.missingSince(9)).toBeUndefined();
  order.expect(9, 12, 30);
  expect(order.takeRead(9, [], { upTo: 12, now: 40 })).toEqual([]);
  expect(order.missingSince(9)).toBeUndefined();
});

test('a page that is overtaken says nothing about what comes after it: that is no hole of the log', () => {
  const order = new EntryOrder();
  order.take(0, entries(9), 0);
  order.take(0, entries(1, 2, 3), 1);
  expect(order.takeRead(3, entries(1, 2), { upTo: 9, now: 5 })).toEqual([]);
  expect(order.missingSince(3)).toBe(5);
  expect(seqsOf(order.takeRead(3, entries(4, 5, 6, 7, 8), { upTo: 9, now: 6 }))).toEqual([4, 5, 6, 7, 8, 9]);
});

test('a read that is overtaken changes nothing', () => {
  const order = new EntryOrder();
  order.take(0, entries(2), 0);
  expect(seqsOf(order.take(0, entries(1), 1))).toEqual([1, 2]);
  order.take(2, entries(4), 5);
  expect(order.takeRead(2, entries(1, 2), { upTo: 2, now: 8 })).toEqual([]);
  expect(order.missingSince(2)).toBe(8);
  expect(seqsOf(order.take(2, entries(3), 9))).toEqual([3, 4]);
});

test('however batches arrive, with the reads that are asked for everything is published, in order, once', () => {
  const batches = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(batches, fc.infiniteStream(fc.nat(99)), (sizes, dice) => {
      const roll = () => dice.next().value as number;
      const order = new EntryOrder();
      const published: number[] = [];
      const head = () => published.at(-1) ?? 0;
      let committed = 0;
      const all = sizes.map((size) => entries(...Array.from({ length: size }, () => (committed += 1))));
      const arriving = all.filter(() => roll() >= 20).sort(() => roll() - 50);
      for (const batch of arriving) {
        published.push(...seqsOf(order.take(head(), batch, 0)));
        if (roll() < 20 && order.missingSince(head()) !== undefined) {
          const read = entries(
            ...Array.from({ length: 3 }, (_, i) => head() + 1 + i).filter((seq) => seq <= committed),
          );
          published.push(...seqsOf(order.takeRead(head(), read, { upTo: committed, now: 0 })));
        }
      }
      order.expect(head(), committed, 0);
      while (order.missingSince(head()) !== undefined)
        published.push(...seqsOf(order.takeRead(head(), entries(head() + 1), { upTo: committed, now: 0 })));
      expect(published).toEqual(Array.from({ length: committed }, (_, i) => i + 1));
    }),
  );
});
