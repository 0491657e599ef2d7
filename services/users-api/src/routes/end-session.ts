import { ParleyError } from '@parley/common/runtime/errors';
import type { RequestHandler } from 'express';
import { actorOf } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import { sessionIdOf } from '../sessions/session-path.ts';

/** `DELETE /api/auth/sessions/:id`: signs one of one's own devices out. */
export function endSessionRoute({ sessions }: Pick<Parts, 'sessions'>): RequestHandler {
  return async (req, res) => {
    const hasEnded = await sessions.end(actorOf(req).id, sessionIdOf(req));
    if (!hasEnded) throw new ParleyError('NOT_FOUND', 'You have no such session.');
    res.status(204).end();
  };
}
