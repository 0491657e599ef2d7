import { z } from 'zod';
import { sender } from './chat/chat-user.ts';
import { seq } from './position.ts';

/** One committed entry of a room's log, as it goes between processes. `at`: ms since 1970. Either `text` or `data`. */
export const logEntry = z.object({
  seq,
  at: z.int().min(0),
  from: sender,
  text: z.string().optional(),
  data: z.unknown().optional(),
});
export type LogEntry = z.infer<typeof logEntry>;
