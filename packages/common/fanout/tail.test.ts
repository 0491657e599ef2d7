import { expect, test } from 'vitest';
import { Tail, TailBudget } from './tail.ts';

type Entry = { seq: number; text: string; of?: number };

const encode = (_format: number, { seq, text }: Entry) => Buffer.from(`${seq}:${text}\n`);
const amend = (entry: Entry, { text }: Entry): Entry => ({ ...entry, text });
const entries = (from: number, count: number, text = 'x') =>
  Array.from({ length: count }, (_, index): Entry => ({ seq: from + index, text }));

function tailOf(budget: TailBudget, limitBytes = 1_000_000): Tail<Entry> {
  return new Tail<Entry>({ head: 0, limitBytes, budget, work: { encode, amend } });
}

test('a piece is the entries from a place on, as many as fit, at least one', () => {
  const tail = tailOf(new TailBudget(1_000_000));
  tail.append(entries(1, 5), [0]);
  expect(tail.piece(1, 0, 1_000).bytes.toString()).toBe('1:x\n2:x\n3:x\n4:x\n5:x\n');
  expect(tail.piece(2, 0, 8)).toMatchObject({ bytes: Buffer.from('2:x\n3:x\n'), next: 4 });
  expect(tail.piece(5, 0, 1)).toMatchObject({ bytes: Buffer.from('5:x\n'), next: 6 });
});

test('a piece asked for again is the same buffer, until the tail grows', () => {
  const tail = tailOf(new TailBudget(1_000_000));
  tail.append(entries(1, 3), [0]);
  const piece = tail.piece(1, 0, 1_000);
  expect(tail.piece(1, 0, 1_000).bytes).toBe(piece.bytes);
  tail.append(entries(4, 1), [0]);
  expect(tail.piece(1, 0, 1_000).next).toBe(5);
});

test('a piece is let go with the entries that it holds', () => {
  const tail = tailOf(new TailBudget(1_000_000));
  tail.append(entries(1, 3), [0]);
  const piece = tail.piece(2, 0, 1_000);
  tail.dropOldest();
  expect(tail.piece(2, 0, 1_000).bytes).not.toBe(piece.bytes);
});

test('a tail is bounded in bytes: the oldest entries go first', () => {
  const tail = tailOf(new TailBudget(1_000_000), 3_000);
  for (let seq = 1; seq <= 2_000; seq++) tail.append(entries(seq, 1, 'y'.repeat(100)), [0]);
  expect(tail.bytes).toBeLessThanOrEqual(3_000);
  expect(tail.first).toBeGreaterThan(1_990);
  expect(tail.piece(tail.first, 0, 1_000_000).next).toBe(2_001);
});

test('entries that a change has made large stay within the bounds while they are given to somebody', () => {
  const budget = new TailBudget(1_000_000);
  const tail = tailOf(budget, 100_000);
  const change = (seq: number, text: string): Entry => ({ seq, text, of: 1 });
  tail.append(entries(1, 1), [0]);
  for (let seq = 2; seq <= 300; seq++) tail.append([change(seq, 'small')], [0]);
  tail.append([change(301, 'y'.repeat(10_000))], [0]);
  expect(tail.first).toBeLessThan(100);
  const given: number[] = [];
  for (let next = tail.first; next <= 301; ) {
    const piece = tail.piece(Math.max(next, tail.first), 0, 20_000);
    given.push(next);
    next = piece.next;
    expect(tail.bytes).toBeLessThanOrEqual(100_000);
    expect(budget.usedBytes).toBe(tail.bytes);
  }
  expect(given.length).toBeGreaterThan(1);
});

test('an entry that is larger than the tail is not kept', () => {
  const tail = tailOf(new TailBudget(1_000_000), 1_000);
  tail.append(entries(1, 1, 'z'.repeat(5_000)), [0]);
  expect(tail.first).toBe(2);
});

test('all tails together are bounded: the room that has been quiet longest gives first', () => {
  const budget = new TailBudget(10_000);
  const tails = [tailOf(budget), tailOf(budget), tailOf(budget)];
  for (const tail of tails) tail.append(entries(1, 10, 'q'.repeat(10)), [0]);
  tails[0]!.append(entries(11, 20, 'q'.repeat(10)), [0]);
  expect(budget.usedBytes).toBeLessThanOrEqual(10_000);
  expect(tails[1]!.first).toBeGreaterThan(tails[0]!.first);
  expect(tails.reduce((sum, tail) => sum + tail.bytes, 0)).toBe(budget.usedBytes);
  for (const tail of tails) tail.clear(100);
  expect(budget.usedBytes).toBe(0);
});

test('encodings made later for another format are counted', () => {
  const budget = new TailBudget(1_000_000);
  const tail = tailOf(budget);
  tail.append(entries(1, 2), [0]);
  const before = budget.usedBytes;
  tail.piece(1, 1, 1_000);
  expect(budget.usedBytes).toBe(tail.bytes);
  expect(budget.usedBytes).toBeGreaterThan(before);
});

test('a change takes effect on its entry, and on earlier changes of it, in whatever bytes they are', () => {
  const budget = new TailBudget(1_000_000);
  const tail = tailOf(budget);
  tail.append([...entries(1, 2, 'a secret'), { seq: 3, of: 1, text: 'a slip' }], [0]);
  expect(tail.piece(1, 0, 1_000).bytes.toString()).toBe('1:a slip\n2:a secret\n3:a slip\n');
  tail.append(
    [
      { seq: 4, of: 2, text: '' },
      { seq: 5, of: 1, text: 'y' },
    ],
    [0],
  );
  expect(tail.piece(1, 0, 1_000).bytes.toString()).toBe('1:y\n2:\n3:y\n4:\n5:y\n');
  expect(budget.usedBytes).toBe(tail.bytes);
  for (let drop = 0; drop < 3; drop++) tail.dropOldest();
  tail.append([{ seq: 6, of: 1, text: 'z' }], [0]);
  expect(tail.piece(4, 0, 1_000).bytes.toString()).toBe('4:\n5:z\n6:z\n');
  while (tail.dropOldest());
  expect(tail.bytes).toBe(0);
});

test('a change of what is not in memory any more, or of nothing, changes nothing', () => {
  const tail = tailOf(new TailBudget(1_000_000));
  tail.append(entries(1, 3), [0]);
  tail.dropOldest();
  const before = tail.bytes;
  tail.append([{ seq: 4, of: 1, text: 'x' }], []);
  tail.append([{ seq: 5, of: 9, text: 'x' }], []);
  tail.dropOldest();
  expect(tail.piece(3, 0, 1_000).bytes.toString()).toBe('3:x\n4:x\n5:x\n');
  expect(before).toBeGreaterThan(0);
});
