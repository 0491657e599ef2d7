import { z } from 'zod';
import type { ParleyError } from '../../runtime/errors.ts';
import { errorCodes } from '../error-code.ts';
import { answer, type MessageId } from './message-id.ts';

export const error = z.object({
  type: z.literal('error'),
  ...answer,
  code: z.enum(errorCodes),
  message: z.string(),
  retryAfterMs: z.int().min(0).optional(),
});
export type ErrorMessage = z.infer<typeof error>;

/** The `error` message for a failed request; only what may be public goes into it. */
export function errorMessageOf(failure: ParleyError, re?: MessageId): ErrorMessage {
  const { code, publicMessage, retryAfterMs } = failure;
  return {
    type: 'error',
    ...(re === undefined ? {} : { re }),
    code,
    message: publicMessage,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }),
  };
}
