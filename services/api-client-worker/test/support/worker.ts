import { type JobList, type JobWithAttempts, jobList, jobWithAttempts } from '@parley/common/contracts/job';
import { type CreatedWebhook, type CreateWebhook, createdWebhook } from '@parley/common/contracts/webhook';
import { silentLogger } from '@parley/common/runtime/logger';
import { startService } from '@parley/common/runtime/start-service';
import type { TestDatabase } from '@parley/common/runtime/test-databases';
import { vi } from 'vitest';
import { worker } from '../../src/service.ts';
import { type FakeSource, serviceSecret } from './fake-source.ts';

export type Sources = { usersApi: FakeSource; chatWs: FakeSource };

export type Api = {
  url: string;
  /** As an admin, unless another token is given. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  register(wanted: Partial<CreateWebhook> & { url: string }): Promise<CreatedWebhook>;
  jobs(query?: string): Promise<JobList>;
  job(id: string): Promise<JobWithAttempts>;
  /** Resolves when so many jobs are in that state. */
  waitForJobs(state: string, count: number): Promise<JobList>;
};

/** Settings that make a worker quick, and keep it to itself. */
export function workerEnv({ usersApi, chatWs }: Sources, database: TestDatabase, more: Record<string, string> = {}) {
  return {
    PARLEY_DATA_DIR: database.dataDir,
    PARLEY_SERVICE_SECRET: serviceSecret,
    PARLEY_DRAIN_MS: '2000',
    DISCOVERY_URL: 'udp://127.0.0.1:9',
    WORKER_PORT: '0',
    WORKER_POLL_MS: '20',
    WORKER_RETRY_SCHEDULE: '0,30ms,30ms',
    WORKER_FEED_BACKOFF_MS: '50',
    USERS_API_URL: usersApi.url,
    CHAT_WS_URL: chatWs.url,
    ...(database.databaseUrl && { WORKER_DATABASE_URL: database.databaseUrl }),
    ...more,
  };
}

export async function startWorker(sources: Sources, database: TestDatabase, more: Record<string, string> = {}) {
  const service = await startService(worker, workerEnv(sources, database, more), silentLogger());
  const url = service.addresses[0]?.url ?? '';
  return { ...apiAt(url, sources), close: service.close };
}

/** What a back office does with a worker's REST. */
export function apiAt(url: string, { usersApi }: Sources): Api {
  const api: Api = {
    url,
    async call(method, path, body, headers = {}) {
      const init: RequestInit = {
        method,
        headers: {
          authorization: `Bearer ${await usersApi.token({ role: 'admin' })}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      };
      return fetch(`${url}${path}`, init);
    },
    async register(wanted) {
      const answer = await api.call('POST', '/api/webhooks', { events: ['*'], ...wanted });
      return createdWebhook.parse(await answer.json());
    },
    async jobs(query = '') {
      return jobList.parse(await (await api.call('GET', `/api/jobs${query}`)).json());
    },
    async job(id) {
      return jobWithAttempts.parse(await (await api.call('GET', `/api/jobs/${id}`)).json());
    },
    async waitForJobs(state, count) {
      return vi.waitFor(
        async () => {
          const list = await api.jobs(`?state=${state}&limit=100`);
          if (list.items.length !== count) throw new Error(`${list.items.length} of ${count} jobs are ${state}`);
          return list;
        },
        { timeout: 15_000, interval: 20 },
      );
    },
  };
  return api;
}
