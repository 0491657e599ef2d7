import { expect, test } from 'vitest';
import { Look } from './look.ts';
import { Notes } from './notes.ts';
import type { Answer } from './told.ts';

const position = (seq: number) => ({ epoch: 'e', seq });

function complaintsAt(after: 'start' | ReturnType<typeof position> | undefined, next: number | undefined): string[] {
  const notes = new Notes();
  const joined: Extract<Answer, { is: 'joined' }> = { is: 'joined', epoch: 'e', head: 7, next, recovered: true };
  new Look('bob', notes).joined(
    { type: 'join', id: 1, room: 'lobby', ...(after !== undefined && { after }) },
    joined,
    1,
  );
  return notes.complaints;
}

test('who joins from now on begins behind the head', () => {
  expect(complaintsAt(undefined, 8)).toEqual([]);
  // Lines do not tell it.
  expect(complaintsAt(undefined, undefined)).toEqual([]);
  expect(complaintsAt(undefined, 7)).toEqual(['bob in lobby: wanted what comes behind 7, and begins at 7']);
  expect(complaintsAt(undefined, 9)).toEqual(['bob in lobby: wanted what comes behind 7, and begins at 9']);
});

test('who joins behind a position begins there', () => {
  expect(complaintsAt(position(3), 4)).toEqual([]);
  expect(complaintsAt(position(3), 5)).toEqual(['bob in lobby: begins at 5, not 4']);
});
