import { z } from 'zod';
import { epoch, headSeq, seq } from '../position.ts';
import { roomName } from '../room-name.ts';
import { message } from './message.ts';
import { answer, request } from './message-id.ts';

export const historyLimit = { default: 50, max: 100 } as const;

/** Messages with `seq < before` (the last of them) or `seq > after` (the first of them); with neither, the newest. */
export const history = z
  .object({
    type: z.literal('history'),
    ...request,
    room: roomName,
    before: seq.optional(),
    after: headSeq.optional(),
    limit: z.int().min(1).max(historyLimit.max).optional(),
  })
  .refine(({ before, after }) => before === undefined || after === undefined, 'give before or after, not both');
export type History = z.infer<typeof history>;

/** In ascending order of seq. `more`: there is more on the side that was asked for. */
export const historyPage = z.object({
  type: z.literal('history'),
  ...answer,
  room: roomName,
  epoch,
  messages: z.array(message),
  more: z.boolean(),
});
export type HistoryPage = z.infer<typeof historyPage>;
