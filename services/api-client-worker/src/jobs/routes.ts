import { allowMethods } from '@parley/common/runtime/allow-methods';
import type { Express, RequestHandler } from 'express';
import { getJobRoute } from './get-job.ts';
import type { JobStore } from './job-store.ts';
import { listDeadLettersRoute, listJobsRoute } from './list-jobs.ts';
import { retryJobRoute } from './retry-job.ts';

/** `guards` let pass who may see and retry jobs. */
export function mountJobRoutes(app: Express, jobs: JobStore, guards: RequestHandler[]): void {
  app.get('/api/jobs', guards, listJobsRoute(jobs));
  allowMethods(app, '/api/jobs', 'GET');
  app.get('/api/jobs/:id', guards, getJobRoute(jobs));
  allowMethods(app, '/api/jobs/:id', 'GET');
  app.post('/api/jobs/:id/retry', guards, retryJobRoute(jobs));
  allowMethods(app, '/api/jobs/:id/retry', 'POST');
  app.get('/api/dead-letters', guards, listDeadLettersRoute(jobs));
  allowMethods(app, '/api/dead-letters', 'GET');
}
