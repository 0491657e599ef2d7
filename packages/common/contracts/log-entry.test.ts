import { expect, test } from 'vitest';
import { amended, type LogEntry } from './log-entry.ts';

const base = { seq: 3, at: 5, from: { id: 'u', name: 'ada' } };
const change = (content: Partial<LogEntry>): LogEntry => ({ ...base, seq: 9, of: 3, ...content });

test('an entry reads as its latest change left it', () => {
  expect(amended({ ...base, text: 'old' }, change({ text: '' }))).toEqual({ ...base, text: '' });
  expect(amended({ ...base, data: { n: 1 } }, change({ text: 'new' }))).toEqual({ ...base, text: 'new' });
  expect(amended({ ...base, data: null }, change({ deleted: true }))).toEqual({ ...base, deleted: true });
  expect(amended({ ...base, of: 2, text: 'old' }, change({ deleted: true }))).toEqual({
    ...base,
    of: 2,
    deleted: true,
  });
});

test('what is deleted stays deleted, in whatever order it is told', () => {
  const deleted = amended({ ...base, text: 'old' }, change({ deleted: true }));
  expect(amended(deleted, change({ text: 'earlier' }))).toEqual({ ...base, deleted: true });
});
