import { z } from 'zod';

/** Nesting deeper than this is refused: what JSON.parse accepts, JSON.stringify may not survive (it recurses). */
export const maxDataDepth = 64;

type Level = { value: unknown; depth: number };

/** Whether arrays and objects are nested at most `maxDepth` deep; walks without recursion. */
function isWithinDepth(root: unknown, maxDepth: number): boolean {
  const pending: Level[] = [{ value: root, depth: 0 }];
  for (let level = pending.pop(); level !== undefined; level = pending.pop()) {
    const { value, depth } = level;
    if (typeof value !== 'object' || value === null) continue;
    if (depth >= maxDepth) return false;
    for (const child of Object.values(value)) {
      if (typeof child === 'object' && child !== null) pending.push({ value: child, depth: depth + 1 });
    }
  }
  return true;
}

/** Any JSON value of bearable depth. `undefined` is no JSON value: the field has to be there. */
export const jsonData = z
  .unknown()
  .refine((value) => value !== undefined, 'must be a JSON value')
  .refine((value) => isWithinDepth(value, maxDataDepth), `must not be nested deeper than ${maxDataDepth}`);
