import { z } from 'zod';
import { ticket } from './auth.ts';

/** A fresh ticket for `{type:"auth", ticket}` on another connection. */
export const ticketPush = z.object({ type: z.literal('ticket'), ticket });
export type TicketPush = z.infer<typeof ticketPush>;
