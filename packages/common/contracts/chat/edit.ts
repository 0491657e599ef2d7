import { z } from 'zod';
import { seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { storableText } from '../text.ts';
import { request } from './message-id.ts';
import { postKey } from './post.ts';

/** Gives one's own message `seq` another text; answered with `posted`, the place of the change. `key` as in `post`. */
export const edit = z.object({
  type: z.literal('edit'),
  ...request,
  room: roomName,
  seq,
  text: storableText(),
  key: postKey.optional(),
});
export type Edit = z.infer<typeof edit>;
