import { describe, expect, test } from 'vitest';
import type { Content, Shown } from './content.ts';
import type { Attempt, Entry, Given, Log, LogEntry, Outcome, Story, Stretch } from './story.ts';
import { judge } from './verdict.ts';

const posted = (seq: number, tick: number, duplicate = false): Outcome => ({
  is: 'posted',
  tick,
  epoch: 'e',
  seq,
  duplicate,
});

function attempt(content: Content, since: number, outcome: Outcome, more: Partial<Attempt> = {}): Attempt {
  const who = { sender: 'ada', connection: 1, room: 'lobby', key: undefined, of: undefined };
  return { ...who, content, since, outcome, ...more };
}

function entry(seq: number, shown: Shown, more: Partial<Entry> = {}): Entry {
  return { is: 'entry', seq, of: undefined, from: 'ada', shown, tick: 100 + seq, ...more };
}

function stretch(given: Given[], more: Partial<Stretch> = {}): Stretch {
  const where = { reader: 'bob', room: 'lobby', epoch: 'e' };
  return { ...where, since: 1, from: 1, isWhole: true, given, ...more };
}

function stored(seq: number, content: Content, of?: number): LogEntry {
  return { seq, of, from: of === undefined ? 'ada' : undefined, content };
}

const a = { text: 'a' };
const b = { text: 'b' };
const c = { text: 'c' };

/** Three posts, acknowledged, stored and read. */
function goodStory(): Story & { logs: [Log] } {
  return {
    attempts: [attempt(a, 2, posted(1, 3)), attempt(b, 4, posted(2, 6)), attempt(c, 5, posted(3, 7))],
    stretches: [stretch([entry(1, a), entry(2, b), entry(3, c)])],
    reads: [],
    logs: [{ room: 'lobby', epoch: 'e', oldest: 1, head: 3, entries: [stored(1, a), stored(2, b), stored(3, c)] }],
    deletions: [],
    presences: [{ room: 'lobby', joined: ['bob'], listed: ['bob'], count: 1 }],
    complaints: [],
  };
}

test('a good story has nothing wrong', () => {
  expect(judge(goodStory())).toEqual([]);
});

test('what was seen to go wrong meanwhile is passed on', () => {
  expect(judge({ ...goodStory(), complaints: ['oh'] })).toEqual(['oh']);
});

describe('a reader', () => {
  const read = (given: Given[], more: Partial<Stretch> = {}) =>
    judge({ ...goodStory(), stretches: [stretch(given, more)] });
  const [one, two, three] = [entry(1, a), entry(2, b), entry(3, c)];

  test.each([
    ['a hole', [one, three], '3 where 2 was next'],
    ['a double', [one, two, two, three], '2 where 3 was next'],
    ['a reorder', [two, one, three], '2 where 1 was next'],
    ['an end that is missing', [one, two], 'nothing from 3 on'],
    ['nothing at all', [], 'nothing from 1 on'],
    ['another text', [one, two, entry(3, { text: 'x' })], '3 said'],
    ["another entry's text", [one, two, entry(3, a)], '3 said'],
    ['another sender', [one, two, entry(3, c, { from: 'eve' })], '3 from eve'],
    ['what is not in the log', [one, two, three, entry(4, { text: 'd' })], 'the log ends with 3'],
    ['a gap where nothing is missing', [one, { is: 'gap', from: 2, to: 2 }, three], 'a gap to 2'],
  ] satisfies [string, Given[], string][])('is not given %s', (_, given, what) => {
    expect(judge({ ...goodStory(), stretches: [stretch(given)] })).toEqual([expect.stringContaining(what)]);
  });

  test('may have gone before the end, and may have come later', () => {
    expect(read([one, two], { isWhole: false })).toEqual([]);
    expect(read([three], { from: 3 })).toEqual([]);
    expect(read([three], { from: 2 })).toEqual([expect.stringContaining('3 where 2 was next')]);
    expect(read([two, three], { from: 'first' })).toEqual([expect.stringContaining('began with 2')]);
  });

  test('is told of what was trimmed, exactly', () => {
    const story = goodStory();
    Object.assign(story.logs[0], { oldest: 3, entries: [stored(3, c)] });
    const trimmed = (given: Given[], more: Partial<Stretch> = {}) =>
      judge({ ...story, stretches: [stretch(given, more)] });
    expect(trimmed([{ is: 'gap', from: 1, to: 2 }, three])).toEqual([]);
    expect(trimmed([one, { is: 'gap', from: 2, to: 2 }, three])).toEqual([]);
    expect(trimmed([three])).toEqual([expect.stringContaining('3 where 1 was next')]);
    expect(trimmed([{ is: 'gap', from: 2, to: 2 }, three])).toEqual([expect.stringContaining('where 1 was next')]);
    // What is trimmed may still be in memory somewhere.
    expect(trimmed([one, two, three])).toEqual([]);
    expect(trimmed([three], { from: 'first' })).toEqual([]);
  });

  test('of an epoch that is gone is still given everything once', () => {
    const story = { ...goodStory(), logs: [] };
    expect(judge(story)).toEqual([]);
    expect(judge({ ...story, stretches: [stretch([one, three])] })).toHaveLength(1);
  });

  test('of lines and of bytes is shown the same', () => {
    expect(read([entry(1, { line: 'a' }), entry(2, { bytes: 'Yg==' }), three])).toEqual([]);
    expect(read([entry(1, { line: 'b' }), entry(2, { bytes: 'Yw==' }), three])).toEqual([
      expect.stringContaining('1 said'),
    ]);
  });
});

describe('an epoch', () => {
  const lived = (deletions: string[], more: Partial<Story> = {}) => {
    const story = goodStory();
    // Nothing of it is wrong in itself, and there is no log to compare it with.
    const earlier = attempt({ text: 'lost' }, 0, { ...posted(1, 1), epoch: 'old' } as Outcome);
    return judge({ ...story, attempts: [earlier, ...story.attempts], deletions, ...more });
  };

  test('is another one only when the room was deleted', () => {
    expect(lived([])).toEqual(['lobby had 2 epochs, and was deleted 0 times']);
    expect(lived(['kitchen'])).toEqual(['lobby had 2 epochs, and was deleted 0 times']);
    expect(lived(['lobby'])).toEqual([]);
  });

  test.each<[string, Partial<Story>]>([
    ['a reader', { stretches: [stretch([], { epoch: 'older', isWhole: false })] }],
    ['a page of history', { reads: [{ reader: 'bob', room: 'lobby', epoch: 'older', since: 1, messages: [] }] }],
    ['the log', { logs: [{ room: 'lobby', epoch: 'older', oldest: 1, head: 0, entries: [] }] }],
  ])('counts when %s has told of it', (_, more) => {
    const attempts = goodStory().attempts.slice(0, 1);
    const story = { ...goodStory(), attempts, stretches: [], logs: [], ...more };
    expect(judge(story)).toEqual(['lobby had 2 epochs, and was deleted 0 times']);
    expect(judge({ ...story, deletions: ['lobby'] })).toEqual([]);
  });

  test('that only a line could have told is not known', () => {
    const reads = [{ reader: 'bob', room: 'lobby', epoch: undefined, since: 1, messages: [] }];
    expect(judge({ ...goodStory(), reads })).toEqual([]);
  });
});

describe('the members of a room', () => {
  const members = (joined: (string | undefined)[], listed: string[], count = listed.length) =>
    judge({ ...goodStory(), presences: [{ room: 'lobby', joined, listed, count }] });

  test('are those who are there, also those of whom only the name is not known', () => {
    expect(members(['ada', 'bob'], ['bob', 'ada'])).toEqual([]);
    expect(members(['ada', undefined], ['guest', 'ada'])).toEqual([]);
  });

  test.each([
    ['a ghost', ['ada'], ['ada', 'eve'], 2, 'members are eve, who are not there'],
    ['a guest too many', ['ada', undefined], ['ada', 'x', 'y'], 3, 'x,y, who are not there, but for 1'],
    ['a guest too few', ['ada', undefined], ['ada'], 1, 'who are not there, but for 1'],
    ['somebody listed twice', ['ada'], ['ada', 'ada'], 2, 'ada is listed'],
    ['somebody missing', ['ada', 'bob'], ['ada'], 1, 'bob is there, and not among its members'],
    ['another number', ['ada'], ['ada'], 2, '2 members, of whom 1 are listed'],
  ])('are not %s', (_, joined, listed, count, what) => {
    expect(members(joined, listed, count)).toEqual([expect.stringContaining(what)]);
  });
});

describe('what was acknowledged', () => {
  test('is in the log, at its place', () => {
    const story = goodStory();
    Object.assign(story.logs[0], { head: 2, entries: [stored(1, a), stored(2, b)] });
    expect(judge({ ...story, stretches: [] })).toEqual([expect.stringContaining('"c"} was posted as 3')]);
    const other = goodStory();
    other.logs[0].entries[2] = stored(3, { text: 'x' });
    expect(judge(other).join()).toContain('3 says {"text":"x"}');
  });

  test('is there once', () => {
    const story = goodStory();
    story.logs[0].entries.push(stored(4, c));
    story.logs[0].head = 4;
    expect(judge({ ...story, stretches: [] }).join()).toContain('is at 3,4');
  });

  test('has one place', () => {
    const story = goodStory();
    story.attempts.push(attempt(a, 8, posted(3, 9)));
    expect(judge(story).join()).toContain('one post has the places 1,3');
    expect(judge(story).join()).toContain('3 was the answer to different posts');
  });

  test('comes behind what had been acknowledged before, and what the same connection had sent before', () => {
    const late = goodStory();
    late.attempts[2] = attempt(c, 0, posted(3, 1), { connection: 2 });
    expect(judge(late)).toEqual([
      expect.stringContaining('1 was posted after 3'),
      expect.stringContaining('2 was posted'),
    ]);
    const swapped = goodStory();
    swapped.attempts.splice(1, 2, attempt(c, 4, posted(3, 6)), attempt(b, 5, posted(2, 7)));
    expect(judge(swapped)).toEqual([expect.stringContaining('2 was posted after 3')]);
  });
});

describe('what nobody was told to be stored', () => {
  test.each([
    ['was not sent', undefined],
    ['was refused', { is: 'refused', code: 'CONFLICT' }],
  ] as const)('is not there when it %s', (_, outcome) => {
    const story = goodStory();
    story.attempts.splice(2, 1, ...(outcome === undefined ? [] : [attempt(c, 5, outcome)]));
    expect(judge(story).join()).toContain('was never told to be stored');
  });

  test('may be there when the answer was lost, and may not', () => {
    const story = goodStory();
    story.attempts[2] = attempt(c, 5, { is: 'maybe' });
    expect(judge(story)).toEqual([]);
    Object.assign(story.logs[0], { head: 2, entries: [stored(1, a), stored(2, b)] });
    expect(judge({ ...story, stretches: [] })).toEqual([]);
  });
});

describe('a key', () => {
  const keyed = (...more: [Content, Outcome][]) => {
    const story = goodStory();
    story.attempts[2] = attempt(c, 5, posted(3, 7), { key: 'k' });
    story.attempts.push(...more.map(([content, outcome], i) => attempt(content, 10 + i, outcome, { key: 'k' })));
    return judge(story).join();
  };

  test('repeated gives the first place', () => {
    expect(keyed([c, posted(3, 20, true)])).toBe('');
    expect(keyed([c, posted(4, 20, true)])).toContain('the key ada k stands for 3,4');
    expect(keyed([c, posted(3, 20, false)])).toContain('was new 2 times');
  });

  test('with other content is refused, and only then', () => {
    expect(keyed([{ text: 'd' }, { is: 'refused', code: 'CONFLICT' }])).toBe('');
    expect(keyed([{ text: 'd' }, posted(3, 20, true)])).toContain('stands for different contents');
    const story = goodStory();
    story.attempts.push(attempt({ text: 'd' }, 9, { is: 'refused', code: 'CONFLICT' }, { key: 'other' }));
    expect(judge(story)).toEqual([expect.stringContaining('refused without a reason')]);
  });
});

describe('a message that was changed', () => {
  const gone = { deleted: true } as const;
  const changedStory = (...given: Stretch[]): Story => {
    const story = goodStory();
    story.attempts.push(attempt(gone, 20, posted(4, 30), { of: 1, key: 'k' }));
    const entries = [stored(1, gone), stored(2, b), stored(3, c), stored(4, gone, 1)];
    Object.assign(story.logs[0], { head: 4, entries });
    return { ...story, stretches: given };
  };
  const change = entry(4, gone, { of: 1, from: undefined });
  const all = (first: Shown) => [entry(1, first), entry(2, b), entry(3, c), change];

  test('is shown as it was to who asked before that was known, and as it is to who asks later', () => {
    expect(judge(changedStory(stretch(all(a), { since: 25 }), stretch(all(gone), { since: 25 })))).toEqual([]);
    expect(judge(changedStory(stretch(all(gone), { since: 31 })))).toEqual([]);
    expect(judge(changedStory(stretch(all(a), { since: 31 })))).toEqual([
      expect.stringContaining('1 said {"text":"a"}'),
    ]);
  });

  test('is not shown as it was by history', () => {
    const read = (shown: Shown, since: number) => ({
      reader: 'bob',
      room: 'lobby',
      epoch: 'e',
      since,
      messages: [{ seq: 1, from: 'ada', shown }],
    });
    const story = changedStory(stretch(all(gone)));
    expect(judge({ ...story, reads: [read(gone, 40), read(a, 25)] })).toEqual([]);
    expect(judge({ ...story, reads: [read(a, 40)] })).toEqual([expect.stringContaining('1 said')]);
  });

  test('that was never answered may show although nobody was given it, unless the log would have it', () => {
    const unanswered = (logs: Log[]) => {
      const story = goodStory();
      const edit = attempt({ text: 'd' }, 8, { is: 'maybe' }, { of: 1 });
      const given = [entry(1, { text: 'd' }), entry(2, b)];
      return judge({
        ...story,
        attempts: [...story.attempts, edit],
        stretches: [stretch(given, { isWhole: false })],
        logs,
      });
    };
    expect(unanswered([])).toEqual([]);
    expect(unanswered(goodStory().logs)).toEqual([expect.stringContaining('1 said {"text":"d"}')]);
  });

  test('that was never answered does not bring back what has been deleted', () => {
    const story = goodStory();
    const edit = attempt({ text: 'd' }, 8, { is: 'maybe' }, { of: 1 });
    const deletion = attempt({ deleted: true }, 9, posted(4, 10), { of: 1 });
    const judgeAt = (since: number) =>
      judge({
        ...story,
        attempts: [...story.attempts, edit, deletion],
        stretches: [stretch([entry(1, { text: 'd' })], { isWhole: false, since })],
        logs: [],
      });
    expect(judgeAt(9)).toEqual([]);
    expect(judgeAt(11)).toEqual([expect.stringContaining('1 said {"text":"d"}')]);
  });

  test('is not stored as it was', () => {
    const unanswered = changedStory();
    unanswered.attempts[3]!.outcome = { is: 'maybe' };
    expect(judge(unanswered)).toEqual([]);
    unanswered.logs[0]!.entries[0] = stored(1, a);
    expect(judge(unanswered)).toEqual([expect.stringContaining('1 says {"text":"a"}')]);
    const story = changedStory(stretch(all(gone)));
    story.logs[0]!.entries[0] = stored(1, a);
    expect(judge(story)).toEqual([expect.stringContaining('1 says {"text":"a"}')]);
  });
});

describe('a page of history', () => {
  const page = (seqs: number[], where: { before?: number; after?: number } = {}) => {
    const contents = new Map<number, Content>([
      [1, a],
      [2, b],
      [3, c],
    ]);
    const messages = seqs.map((seq) => ({ seq, from: 'ada', shown: contents.get(seq) ?? a }));
    return judge({
      ...goodStory(),
      reads: [{ reader: 'bob', room: 'lobby', epoch: 'e', since: 9, ...where, messages }],
    });
  };

  test('is a whole stretch of the log on the right side', () => {
    expect(page([1, 2, 3])).toEqual([]);
    expect(page([2, 3], { after: 1 })).toEqual([]);
    expect(page([1, 2], { before: 3 })).toEqual([]);
    expect(page([3], { after: 1 })).toEqual([expect.stringContaining('without 2')]);
    expect(page([1, 3])).toEqual([expect.stringContaining('without 2')]);
    expect(page([2, 1])).toEqual([expect.stringContaining('1 behind 2')]);
    expect(page([1, 2], { after: 1 })).toEqual([expect.stringContaining('1 behind 1')]);
    expect(page([2, 3], { before: 3 })).toEqual([expect.stringContaining('before 3')]);
  });

  test('of a life that ended may be all that tells of a message, which somebody has to have sent', () => {
    const unanswered = attempt({ text: 'd' }, 8, { is: 'maybe' });
    const judgeOnly = (shown: Shown, epoch = 'old') => {
      const read = { reader: 'bob', room: 'lobby', epoch, since: 9, messages: [{ seq: 7, from: 'ada', shown }] };
      const story = goodStory();
      return judge({ ...story, attempts: [...story.attempts, unanswered], reads: [read], deletions: ['lobby'] });
    };
    const phantom = [expect.stringContaining('7 said')];
    expect(judgeOnly({ text: 'd' })).toEqual([]);
    expect(judgeOnly({ text: 'x' })).toEqual(phantom);
    expect(judgeOnly(a)).toEqual(phantom);
    // Where there is a log, it would have it.
    expect(judgeOnly({ text: 'd' }, 'e')).toEqual(phantom);
  });
});
