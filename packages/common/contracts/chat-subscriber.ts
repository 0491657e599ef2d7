import { z } from 'zod';
import { chatSession, sortedPageQuery } from './chat-session.ts';
import { listOf } from './list.ts';
import { headSeq, seq } from './position.ts';
import { roomName } from './room-name.ts';

/**
 * A session's cursor in a room, as admins see it. Behind a link it is that of the link: what the client itself has still to be given, its
 * gateway knows. `lag`: entries up to `head` that it has not been given.
 */
export const chatSubscriber = z.object({
  room: roomName,
  session: chatSession.shape.id,
  user: chatSession.shape.user,
  address: z.string(),
  format: z.string(),
  /** `joining`: it is about to be given its place. */
  state: z.enum(['joining', 'live', 'behind']),
  next: seq,
  head: headSeq,
  lag: z.int().min(0),
  unsentBytes: z.int().min(0),
  connectedAt: chatSession.shape.connectedAt,
});
export type ChatSubscriber = z.infer<typeof chatSubscriber>;

/** Query of `GET /api/admin/subscribers`. */
export const chatSubscribersQuery = sortedPageQuery.extend({
  room: roomName.optional(),
  minLag: z.coerce.number().int().min(0).default(0),
});
export type ChatSubscribersQuery = z.infer<typeof chatSubscribersQuery>;

/** Its answer, the longest lag first. */
export const chatSubscribers = listOf(chatSubscriber);
