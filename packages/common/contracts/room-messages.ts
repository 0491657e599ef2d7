import { z } from 'zod';
import { historyLimit, historyPage } from './chat/history.ts';
import { post, posted, postKey } from './chat/post.ts';
import { headSeq, seq } from './position.ts';
import { roomName } from './room-name.ts';

/** Path parameters of `/api/rooms/:room/messages`. */
export const roomParams = z.object({ room: roomName });

/** Query of `GET /api/rooms/:room/messages`: before `before`, behind `after`, or, with neither, the newest. */
export const messagesQuery = z
  .object({
    before: z.coerce.number().pipe(seq).optional(),
    after: z.coerce.number().pipe(headSeq).optional(),
    limit: z.coerce.number().int().min(1).max(historyLimit.max).optional(),
  })
  .refine(({ before, after }) => before === undefined || after === undefined, 'give before or after, not both');
export type MessagesQuery = z.infer<typeof messagesQuery>;

/** Its answer, in ascending order of seq. */
export const messagesPage = historyPage.pick({ room: true, epoch: true, messages: true, more: true });
export type MessagesPage = z.infer<typeof messagesPage>;

/** Body of `POST /api/rooms/:room/messages`: exactly one of `text` and `data`. The key comes as `Idempotency-Key`. */
export const createMessage = z
  .object({ text: post.shape.text, data: post.shape.data })
  .refine(({ text, data }) => (text === undefined) !== (data === undefined), 'give exactly one of text and data');
export type CreateMessage = z.infer<typeof createMessage>;

/** Headers of it that matter. */
export const createMessageHeaders = z.object({ 'idempotency-key': postKey.optional() });

/** Its answer; the same for a repeated key. */
export const createdMessage = posted.pick({ room: true, epoch: true, seq: true, at: true });
export type CreatedMessage = z.infer<typeof createdMessage>;
