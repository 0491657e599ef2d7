import type { Request, Response } from 'express';
import { ParleyError } from './errors.ts';

/**
 * Conditional requests (RFC 9110 §13) on a resource whose entity tag the service knows. Express decides on 304 by
 * itself too, but not for fetch: that adds `Cache-Control: no-cache` to a request with a precondition of its caller's.
 */

/** Sends the resource with its `ETag`, or 304 when the client has this version (weak comparison, §13.1.2). */
export function sendTagged(req: Request, res: Response, etag: string, body: unknown): void {
  res.set('ETag', etag);
  const known = req.headers['if-none-match'];
  if (known !== undefined && (known.trim() === '*' || tagsIn(known).map(opaque).includes(opaque(etag)))) {
    res.status(304).end();
  } else {
    res.json(body);
  }
}

/** Goes on when there is no `If-Match` or it holds for this version (strong comparison, §13.1.1). @throws ParleyError PRECONDITION_FAILED */
export function requireMatch(req: Request, etag: string): void {
  const wanted = req.headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  if (etag.startsWith('W/') || !tagsIn(wanted).includes(etag)) {
    throw new ParleyError(
      'PRECONDITION_FAILED',
      'It has changed since you read it; read it again and repeat your change.',
    );
  }
}

/** The entity tags of a list (§8.8.3): a comma may stand inside the quotes. */
function tagsIn(list: string): string[] {
  return list.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

function opaque(etag: string): string {
  return etag.replace(/^W\//, '');
}
