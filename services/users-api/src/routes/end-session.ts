import { ParleyError } from '@parley/common/runtime/errors';
import type { RequestHandler } from 'express';
import { actorOf } from '../authenticate.ts';
import type { Parts } from '../parts.ts';

/** `DELETE /api/auth/sessions/:id`: signs one of one's own devices out. */
export function endSessionRoute({ sessions }: Pick<Parts, 'sessions'>): RequestHandler<{ id: string }> {
  return async (req, res) => {
    const hasEnded = await sessions.end(actorOf(req).id, req.params.id);
    if (!hasEnded) throw new ParleyError('NOT_FOUND', 'You have no such session.');
    res.status(204).end();
  };
}
