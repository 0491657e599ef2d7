import { z } from 'zod';

export const roomNamePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export const roomName = z
  .string()
  .regex(roomNamePattern, 'must be 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit');

export type RoomName = z.infer<typeof roomName>;

export function isRoomName(text: string): boolean {
  return roomNamePattern.test(text);
}
