import { ParleyError } from '../runtime/errors.ts';

/** JSON text as a value, as it came over a process edge. Throws ParleyError BAD_MESSAGE. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParleyError('BAD_MESSAGE', 'The message is not JSON.', { cause });
  }
}
