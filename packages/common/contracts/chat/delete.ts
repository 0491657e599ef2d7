import { z } from 'zod';
import { seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { request } from './message-id.ts';
import { postKey } from './post.ts';

/** Erases the content of the message `seq`; answered with `posted`, the place of the change. `key` as in `post`. */
export const deletion = z.object({
  type: z.literal('delete'),
  ...request,
  room: roomName,
  seq,
  key: postKey.optional(),
});
export type Deletion = z.infer<typeof deletion>;
