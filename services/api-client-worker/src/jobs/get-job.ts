import type { RequestHandler } from 'express';
import { idOf } from './job-id.ts';
import type { JobStore } from './job-store.ts';

/** `GET /api/jobs/:id`, with every attempt. */
export function getJobRoute(jobs: JobStore): RequestHandler<{ id: string }> {
  return async (req, res) => void res.json(await jobs.get(idOf(req.params)));
}
