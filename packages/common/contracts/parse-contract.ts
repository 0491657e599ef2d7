import type { z } from 'zod';
import { type ErrorDetail, ParleyError } from '../runtime/errors.ts';

const maxDetails = 20;

/** The issues of a failed parse as `errors[]` of an answer: where (dotted path, '' for the whole) and what. */
export function detailsOf(error: z.ZodError): ErrorDetail[] {
  return error.issues.slice(0, maxDetails).map((issue) => ({ path: issue.path.join('.'), message: issue.message }));
}

/** Parses what came over a process edge; throws ParleyError BAD_MESSAGE naming the fields. `what` is for the message: "post". */
export function parseContract<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = detailsOf(result.error);
  const [first] = details;
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `;
  throw new ParleyError('BAD_MESSAGE', `Malformed ${what}: ${where}${first?.message ?? 'not as agreed'}`, { details });
}
