import { describe, expect, test } from 'vitest';
import { eventTypes, parleyEvent } from './event.ts';
import { eventId, eventIdOf } from './event-id.ts';

test('eventTypes lists every member of the union', () => {
  const inUnion = parleyEvent.options.map((option) => option.shape.type.value);
  expect(inUnion.toSorted()).toEqual(eventTypes.toSorted());
});

describe('eventIdOf', () => {
  test('has no dot and keeps names apart', () => {
    const id = eventIdOf('message.posted', 'a.b', 'e1', 7);
    expect(id).toBe('message~posted:a~b:e1:7');
    expect(eventId.safeParse(id).success).toBe(true);
    expect(eventIdOf('message.posted', 'a-b', 'e1', 7)).not.toBe(id);
  });

  test('the longest one is accepted', () => {
    const id = eventIdOf('message.changed', 'r'.repeat(64), 'e'.repeat(64), Number.MAX_SAFE_INTEGER);
    expect(eventId.safeParse(id).success).toBe(true);
  });
});
