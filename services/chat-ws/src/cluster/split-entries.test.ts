import type { LogEntry } from '@parley/common/contracts/log-entry';
import { expect, test } from 'vitest';
import { splitEntries } from './split-entries.ts';

const entry = (seq: number, text: string): LogEntry => ({ seq, at: 0, from: { id: 'u', name: 'u' }, text });
const shown = (entries: LogEntry[], most: number) =>
  splitEntries(entries, most).map((part) => ('head' in part ? part.head : part.entries.map(({ seq }) => seq)));

test('a batch goes in parts of so many bytes; an entry that is too long is named only', () => {
  const long = entry(3, 'ß'.repeat(200));
  const all = [entry(1, 'a'), entry(2, 'b'), long, entry(4, 'd')];
  expect(shown(all, 10_000)).toEqual([[1, 2, 3, 4]]);
  expect(shown(all, 300)).toEqual([[1, 2], 3, [4]]);
  expect(shown(all, 60)).toEqual([[1], [2], 3, [4]]);
});
