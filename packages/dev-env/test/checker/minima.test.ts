import { expect, test } from 'vitest';
import { countsOf, missingIn } from './minima.ts';
import type { Attempt, Given, Story } from './story.ts';

function attempt(room: string, of: number | undefined, duplicate: boolean): Attempt {
  const outcome = { is: 'posted', tick: 2, epoch: 'e', seq: 1, duplicate } as const;
  return { sender: 'ada', connection: 1, room, key: 'k', of, content: { text: 'a' }, since: 1, outcome };
}

const first = attempt('lobby', undefined, false);
const elsewhere = attempt('attic', undefined, false);
const again = attempt('attic', undefined, true);
const change = attempt('attic', 1, false);
const gap: Given = { is: 'gap', from: 1, to: 1 };

function storyOf(attempts: Attempt[], { given = [gap], oldest = 2 }: { given?: Given[]; oldest?: number } = {}): Story {
  const stretch = { reader: 'bob', room: 'lobby', epoch: 'e', since: 1, from: 1, isWhole: true, given };
  const log = { room: 'lobby', epoch: 'e', oldest, head: 1, entries: [] };
  return { attempts, stretches: [stretch], reads: [], logs: [log], deletions: [], presences: [], complaints: [] };
}

const missing = (story: Story, isTrimmed = true) => missingIn(countsOf(story, 'lobby'), isTrimmed);

test('a run that had something of everything says something', () => {
  expect(countsOf(storyOf([first, again, change]), 'lobby')).toEqual({
    kept: 1,
    changes: 1,
    duplicates: 1,
    gaps: 1,
    trimmed: 1,
  });
  expect(missing(storyOf([first, again, change]))).toEqual([]);
});

test.each([
  ['kept', [elsewhere, again, change]],
  ['changes', [first, again]],
  ['duplicates', [first, change]],
])('one without %s does not', (what, attempts) => {
  expect(missing(storyOf(attempts))).toEqual([what]);
});

test('what was not acknowledged does not count', () => {
  const unanswered = { ...change, outcome: { is: 'maybe' } as const };
  expect(missing(storyOf([first, again, unanswered]))).toEqual(['changes']);
});

test('where logs are trimmed, they were, and somebody was told', () => {
  expect(missing(storyOf([first, again, change], { given: [] }))).toEqual(['gaps']);
  expect(missing(storyOf([first, again, change], { oldest: 1 }))).toEqual(['trimmed']);
  expect(missing(storyOf([first, again, change], { given: [], oldest: 1 }), false)).toEqual([]);
});
