import { expect, test } from 'vitest';
import { checkLog } from './check-log.ts';

const entry = (seq: number, text: string, epoch = 'e') => ({ epoch, seq, text });
const log = [entry(1, 'a'), entry(2, 'b'), entry(3, 'c')];
const posted = log.map((entry) => ({ room: 'r', ...entry }));

function check(changes: { log?: typeof log; posted?: typeof posted; seen?: typeof log }): string[] {
  const seen = [{ client: 'ann', room: 'r', entries: changes.seen ?? changes.log ?? log }];
  return checkLog({ logs: new Map([['r', changes.log ?? log]]), posted: changes.posted ?? posted, seen });
}

test('a log that is what was posted and seen is right', () => {
  expect(check({})).toEqual([]);
});

test.each([
  ['a lost message', { log: log.slice(0, 2) }, '"c" was posted at r e:3 and is at []'],
  ['a doubled message', { log: [...log, entry(4, 'b')] }, '"b" was posted at r e:2 and is at [r e:2,r e:4]'],
  ['a hole', { log: [entry(1, 'a'), entry(2, 'b'), entry(4, 'c')] }, 'the log of r: seq 4 stands where 3 should'],
  [
    'another place than was said',
    { posted: [...posted.slice(0, 2), { room: 'r', ...entry(9, 'c') }] },
    '"c" was posted at r e:9 and is at [r e:3]',
  ],
  [
    'another epoch than was said',
    { posted: [...posted.slice(0, 2), { room: 'r', ...entry(3, 'c', 'f') }] },
    '"c" was posted at r f:3 and is at [r e:3]',
  ],
  ['a message that nobody posted', { posted: posted.slice(0, 2) }, '"c" is in a log and nobody was told so'],
  ['a reader that missed one', { seen: [entry(1, 'a'), entry(3, 'c')] }, 'ann in r saw 2 of 3 messages'],
  [
    'a reader that saw another order',
    { seen: [entry(2, 'b'), entry(1, 'a'), entry(3, 'c')] },
    'ann in r saw {"epoch":"e","seq":2,"text":"b"} where the log has {"epoch":"e","seq":1,"text":"a"}',
  ],
])('%s is found', (_name, changes, violation) => {
  expect(check(changes)).toContain(violation);
});
