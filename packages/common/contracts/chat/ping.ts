import { z } from 'zod';
import { answer, request } from './message-id.ts';

/** From a client: answered by `pong`. From the server (TCP frames only, which have no ping of their own): the client answers `pong`. */
export const ping = z.object({ type: z.literal('ping'), ...request });
export type Ping = z.infer<typeof ping>;

export const pong = z.object({ type: z.literal('pong'), ...answer });
export type Pong = z.infer<typeof pong>;
