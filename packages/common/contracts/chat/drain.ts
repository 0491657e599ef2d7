import { z } from 'zod';
import { ticket } from './auth.ts';

/** The server goes away: come back after so many ms, with this ticket and one's own positions. Close 1012 follows. */
export const drain = z.object({
  type: z.literal('drain'),
  reconnectAfterMs: z.int().min(0),
  ticket: ticket.optional(),
});
export type Drain = z.infer<typeof drain>;
