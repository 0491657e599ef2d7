import { z } from 'zod';
import { chatUser } from './chat/chat-user.ts';
import { listOf, pageQuery } from './list.ts';
import { isoTime } from './text.ts';

/** Names a session in its process and among others: it is in no other one's list. */
export const chatSessionId = z.string().min(1).max(64);

/** A client of chat-ws as admins see it. `format`: how it is written to; `link`: it is a gateway's client. */
export const chatSession = z.object({
  id: chatSessionId,
  /** null: it has not said yet who it is. */
  user: chatUser.nullable(),
  address: z.string(),
  format: z.string(),
  rooms: z.int().min(0),
  connectedAt: isoTime,
  /** Bytes that wait for the client or, for one behind a link, for the whole link. */
  unsentBytes: z.int().min(0),
});
export type ChatSession = z.infer<typeof chatSession>;

/** Query of `GET /api/admin/sessions`. */
export const chatSessionsQuery = pageQuery.extend({ user: z.string().max(64).optional() });
/** Its answer, the longest connected first. */
export const chatSessions = listOf(chatSession);

/** Path of `DELETE /api/admin/sessions/:id`. */
export const chatSessionParams = z.object({ id: chatSessionId });

/** Deeper into a list that is sorted anew with each request, nobody needs to look. */
const maxPage = 100;

export const sortedPageQuery = pageQuery.extend({ page: pageQuery.shape.page.pipe(z.number().max(maxPage)) });
