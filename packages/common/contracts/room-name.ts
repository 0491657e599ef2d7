import { z } from 'zod';

const form = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export function isRoomName(name: string): boolean {
  return form.test(name);
}

export const roomName = z.string().regex(form, 'must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit');

/** Direct rooms have names that begin so; no other room does. */
export const directPrefix = 'direct-';
