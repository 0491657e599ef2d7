import { ParleyError } from '@parley/common/runtime/errors';
import type { RequestHandler } from 'express';
import { actorOf } from '../authenticate.ts';
import type { Parts } from '../parts.ts';
import { sessionIdOf } from '../sessions/session-path.ts';
import { toSession } from '../sessions/session-view.ts';

/** `GET /api/auth/sessions/:id`: one of one's own. */
export function getSessionRoute({ sessions }: Pick<Parts, 'sessions'>): RequestHandler {
  return async (req, res) => {
    const actor = actorOf(req);
    const found = await sessions.find(actor.id, sessionIdOf(req));
    if (!found) throw new ParleyError('NOT_FOUND', 'You have no such session.');
    res.json(toSession(actor, found));
  };
}
