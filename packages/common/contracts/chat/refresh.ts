import { z } from 'zod';
import { isoTime } from '../text.ts';
import { accessToken } from './auth.ts';
import { answer, request } from './message-id.ts';

/** A newer access token of the same user, so that the session outlives the first one. */
export const refresh = z.object({ type: z.literal('refresh'), ...request, token: accessToken });
export type Refresh = z.infer<typeof refresh>;

export const refreshed = z.object({ type: z.literal('refreshed'), ...answer, expiresAt: isoTime });
export type Refreshed = z.infer<typeof refreshed>;
