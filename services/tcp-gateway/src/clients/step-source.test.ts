import type { Step } from '@parley/common/dialogue/step';
import { expect, test } from 'vitest';
import { StepSource } from './step-source.ts';

const nothing: Step = { do: 'nothing' };

/** Makes a step of every chunk that it is fed, and one of the end. */
function recording() {
  const fed: (number | 'end')[] = [];
  let due = 0;
  const dialogue = {
    feed(chunk: Buffer) {
      fed.push(chunk.length);
      due += 1;
    },
    end() {
      fed.push('end');
      due += 1;
    },
    next(): Step | undefined {
      if (due === 0) return undefined;
      due -= 1;
      return nothing;
    },
  };
  return { fed, source: new StepSource(dialogue) };
}

test('input is decoded in slices, and only when a step is wanted', () => {
  const { fed, source } = recording();
  source.feed(Buffer.alloc(10_000));
  expect(fed).toEqual([]);
  expect(source.next()).toBe(nothing);
  expect(fed).toEqual([4096]);
  source.feed(Buffer.alloc(1));
  source.end();
  while (source.next() !== undefined) source.end();
  expect(fed).toEqual([4096, 4096, 1808, 1, 'end']);
});

test('a step that was put back comes again, unless everything is forgotten', () => {
  const { fed, source } = recording();
  const step: Step = { do: 'answer', bytes: Buffer.alloc(0) };
  source.feed(Buffer.alloc(1));
  source.putBack(step);
  expect(source.next()).toBe(step);
  source.putBack(step);
  source.clear();
  expect(source.next()).toBeUndefined();
  expect(fed).toEqual([]);
});
