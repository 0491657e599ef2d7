import { z } from 'zod';
import { listOf } from './list.ts';
import { isoTime, storableText } from './text.ts';

export const sessionId = storableText({ min: 1, max: 64 });

/**
 * A signed-in device, as its user sees it. `lastUsedAt`: when its tokens were last refreshed; `expiresAt`: when it ends
 * unless it is used before; `current`: the one that asks.
 */
export const session = z.object({
  id: sessionId,
  createdAt: isoTime,
  lastUsedAt: isoTime,
  expiresAt: isoTime,
  userAgent: z.string().nullable(),
  address: z.string().nullable(),
  current: z.boolean(),
});
export type Session = z.infer<typeof session>;

/** Answer of `GET /api/auth/sessions`. */
export const sessionList = listOf(session);
export type SessionList = z.infer<typeof sessionList>;
