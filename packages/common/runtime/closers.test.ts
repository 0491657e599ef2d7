import { expect, it } from 'vitest';
import { createClosers } from './closers.ts';

it('releases last in first out, once, and goes on after a failure', async () => {
  const closed: string[] = [];
  const closers = createClosers();
  closers.push('first', () => closed.push('first'));
  closers.push('broken', () => {
    throw new Error('broken');
  });
  closers.push('last', async () => closed.push('last'));
  await Promise.all([closers.close(), closers.close()]);
  expect(closed).toEqual(['last', 'first']);
});

it('does not wait past the deadline, and still calls what is left', async () => {
  const closed: string[] = [];
  const closers = createClosers();
  closers.push('first', () => closed.push('first'));
  closers.push('stuck', () => new Promise(() => {}));
  await closers.close(20);
  expect(closed).toEqual(['first']);
});

it('tells when its deadline has passed, and not before', async () => {
  const closers = createClosers();
  closers.push(
    'until the deadline',
    () => new Promise((resolve) => closers.deadline.addEventListener('abort', resolve)),
  );
  closers.push('quick', () => expect(closers.deadline.aborted).toBe(false));
  await closers.close(20);
  expect(closers.deadline.aborted).toBe(true);
});
