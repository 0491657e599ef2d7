import { z } from 'zod';

export const maxMessageIdLength = 128;

/** The client's own id of a request; the answer carries it as `re`. */
export const messageId = z.union([z.number(), z.string().max(maxMessageIdLength)]);
export type MessageId = z.infer<typeof messageId>;

/** Fields that every request may carry. */
export const request = { id: messageId.optional() };

/** Fields that every answer carries when the request had an id. */
export const answer = { re: messageId.optional() };

/** The id of something that may not even be a message, for the `re` of the error that answers it. */
export function messageIdOf(value: unknown): MessageId | undefined {
  if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
  const result = messageId.safeParse(value.id);
  return result.success ? result.data : undefined;
}
