import { z } from 'zod';

const chatUserLimits = { idLength: 64, nameLength: 64 } as const;

/**
 * Who wrote a message. `name` is the username, or `guest-<slug>-<4 random>`: one word of a line. No client says who it
 * is in these fields (tokens do, whose claims are checked), so here lengths are enough; this is parsed once per message.
 */
export const sender = z.object({
  id: z.string().min(1).max(chatUserLimits.idLength),
  name: z.string().min(1).max(chatUserLimits.nameLength),
});
export type Sender = z.infer<typeof sender>;

export const chatUser = sender.extend({ guest: z.boolean() });
export type ChatUser = z.infer<typeof chatUser>;
