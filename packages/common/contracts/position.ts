import { z } from 'zod';

/** An epoch names one life of a room's log; no ':' and no space, so that `<epoch>:<seq>` is unambiguous in a line. */
export const epoch = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an epoch as the server gave it');

/** A message's number in its room: 1, 2, 3 … without holes. */
export const seq = z.int().min(1);

/** A place between messages: 0 is before the first one, and the head of an empty room. */
export const headSeq = z.int().min(0);

/** "I have everything up to and including `seq` of this epoch." */
export const position = z.object({ epoch, seq: headSeq });

export type Position = z.infer<typeof position>;

/** `<epoch>:<seq>` of the text subprotocol. */
export function formatPosition(at: Position): string {
  return `${at.epoch}:${at.seq}`;
}

/** The position written as `<epoch>:<seq>`, or undefined when it is none. */
export function readPosition(text: string): Position | undefined {
  const [, epoch, digits] = /^([^:]*):(\d{1,16})$/.exec(text) ?? [];
  return position.safeParse({ epoch, seq: Number(digits) }).data;
}
