import { z } from 'zod';
import { storableText } from '../text.ts';

export const chatUserLimits = { idLength: 64, nameLength: 64 } as const;

/** Who wrote a message. `name` is the username, or `guest-<slug>-<4 random>`. */
export const sender = z.object({
  id: storableText({ min: 1, max: chatUserLimits.idLength }),
  name: storableText({ min: 1, max: chatUserLimits.nameLength }),
});
export type Sender = z.infer<typeof sender>;

export const chatUser = sender.extend({ guest: z.boolean() });
export type ChatUser = z.infer<typeof chatUser>;
