import { z } from 'zod';
import { errorCodes } from './error-code.ts';

/** An HTTP error body, `application/problem+json` (RFC 9457). `errors`: one for each wrong field of the request. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  instance: z.string().optional(),
  code: z.enum(errorCodes),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});
export type Problem = z.infer<typeof problem>;
