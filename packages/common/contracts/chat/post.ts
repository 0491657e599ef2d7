import { z } from 'zod';
import { jsonData } from '../json-data.ts';
import { epoch, seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { isoTime, storableText } from '../text.ts';
import { answer, request } from './message-id.ts';

export const maxPostKeyLength = 128;

export const postKey = storableText({ min: 1, max: maxPostKeyLength });

/** Exactly one of `text` and `data` (`data: null` is data). `key` makes a repeated post the same post. */
export const post = z
  .object({
    type: z.literal('post'),
    ...request,
    room: roomName,
    text: storableText().optional(),
    data: jsonData.optional(),
    key: postKey.optional(),
  })
  .refine(({ text, data }) => (text === undefined) !== (data === undefined), 'give exactly one of text and data');
export type Post = z.infer<typeof post>;

/** Sent only after the commit. `duplicate`: the key had been used for the same content; this is the first post's place. */
export const posted = z.object({
  type: z.literal('posted'),
  ...answer,
  room: roomName,
  epoch,
  seq,
  at: isoTime,
  duplicate: z.boolean(),
});
export type Posted = z.infer<typeof posted>;
