import { z } from 'zod';
import { isStorableText, storableText } from '../text.ts';

export const chatUserLimits = { idLength: 64, nameLength: 64 } as const;

/** Without white space, so that a name is one word of a line. */
const chatName = z
  .string()
  .max(chatUserLimits.nameLength)
  .regex(/^\S+$/, 'must be one word')
  .refine(isStorableText, 'must be well-formed Unicode without U+0000');

/** Who wrote a message. `name` is the username, or `guest-<slug>-<4 random>`. */
export const sender = z.object({
  id: storableText({ min: 1, max: chatUserLimits.idLength }),
  name: chatName,
});
export type Sender = z.infer<typeof sender>;

export const chatUser = sender.extend({ guest: z.boolean() });
export type ChatUser = z.infer<typeof chatUser>;
