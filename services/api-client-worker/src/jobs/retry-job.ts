import type { RequestHandler } from 'express';
import { idOf } from './job-id.ts';
import type { JobStore } from './job-store.ts';

/** `POST /api/jobs/:id/retry`: a dead letter is attempted again. */
export function retryJobRoute(jobs: JobStore): RequestHandler<{ id: string }> {
  return async (req, res) => void res.status(202).json(await jobs.retry(idOf(req.params), Date.now()));
}
