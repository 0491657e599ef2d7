import type { RequestHandler } from 'express';
import { actorOf } from '../authenticate.ts';
import type { Parts } from '../parts.ts';

/** `DELETE /api/auth/sessions`: signs out everywhere, also here. */
export function endSessionsRoute({ sessions }: Pick<Parts, 'sessions'>): RequestHandler {
  return async (req, res) => {
    await sessions.endAll(actorOf(req).id);
    res.status(204).end();
  };
}
