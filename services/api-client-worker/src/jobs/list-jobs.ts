import { deadLettersQuery, type JobList, jobsQuery } from '@parley/common/contracts/job';
import { parseQuery } from '@parley/common/runtime/http-input';
import type { Request, RequestHandler, Response } from 'express';
import type { JobStore } from './job-store.ts';

/** `GET /api/jobs?state=&webhook=&after=&limit=` */
export function listJobsRoute(jobs: JobStore): RequestHandler {
  return async (req, res) => sendList(req, res, await jobs.list(parseQuery(jobsQuery, req)));
}

/** `GET /api/dead-letters?webhook=&after=&limit=`: the jobs that were given up. */
export function listDeadLettersRoute(jobs: JobStore): RequestHandler {
  return async (req, res) =>
    sendList(req, res, await jobs.list({ ...parseQuery(deadLettersQuery, req), state: 'dead' }));
}

/** With a `Link` to the following page (RFC 8288). */
function sendList(req: Request, res: Response, list: JobList): void {
  if (list.next !== null) {
    const [path = '/', query] = req.originalUrl.split('?');
    const parameters = new URLSearchParams(query);
    parameters.set('after', list.next);
    res.set('Link', `<${path}?${parameters}>; rel="next"`);
  }
  res.json(list);
}
