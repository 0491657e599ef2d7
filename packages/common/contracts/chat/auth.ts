import { z } from 'zod';
import { maxTokenLength } from '../access-token.ts';
import { errorCodes } from '../error-code.ts';
import { storableText } from '../text.ts';
import { chatUser } from './chat-user.ts';
import { answer, request } from './message-id.ts';

export const maxTicketBytes = 4096;
const maxGuestNameLength = 32;

export const ticket = z.string().min(1).max(maxTicketBytes);
export const accessToken = z.string().min(1).max(maxTokenLength);

/** First message of a connection: exactly one of an access token, a guest's wished name, or a ticket of an earlier session. */
export const auth = z
  .object({
    type: z.literal('auth'),
    ...request,
    token: accessToken.optional(),
    guest: storableText({ max: maxGuestNameLength }).optional(),
    ticket: ticket.optional(),
  })
  .refine(
    ({ token, guest, ticket }) => [token, guest, ticket].filter((given) => given !== undefined).length === 1,
    'give exactly one of token, guest and ticket',
  );
export type Auth = z.infer<typeof auth>;

/** What this connection may do: bytes of a message, posts in any window of so many ms, rooms joined at once. */
const connectionLimits = z.object({
  messageBytes: z.int().positive(),
  posts: z.int().positive(),
  postsWindowMs: z.int().positive(),
  rooms: z.int().positive(),
});
export type ConnectionLimits = z.infer<typeof connectionLimits>;

export const authSuccess = z.object({
  type: z.literal('auth_success'),
  ...answer,
  user: chatUser,
  ticket,
  heartbeatMs: z.int().min(0),
  limits: connectionLimits,
});
export type AuthSuccess = z.infer<typeof authSuccess>;

/** The connection is closed with 4401 after this. */
export const authFailed = z.object({
  type: z.literal('auth_failed'),
  ...answer,
  code: z.enum(errorCodes),
  message: z.string(),
});
export type AuthFailed = z.infer<typeof authFailed>;
