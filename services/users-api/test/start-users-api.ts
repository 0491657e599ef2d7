import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SignedIn, signedIn } from '@parley/common/contracts/auth';
import type { ErrorCode } from '@parley/common/contracts/error-code';
import { type Problem, problem } from '@parley/common/contracts/problem';
import { silentLogger } from '@parley/common/runtime/logger';
import { type StartedService, startService } from '@parley/common/runtime/start-service';
import type { TestDatabase } from '@parley/common/runtime/test-databases';
import { afterEach, expect } from 'vitest';
import { usersApi } from '../src/service.ts';

export const PASSWORD = 'correct horse';

/** Nobody listens there: the service has to do without a registry. */
const NO_REGISTRY = 'udp://127.0.0.1:9';

export type RequestOptions = {
  token?: string | undefined;
  body?: unknown;
  headers?: Record<string, string>;
};

/** The real service on a free port, and a way to talk to it. */
export type TestApi = {
  url: string;
  service: StartedService;
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  register(username: string, headers?: Record<string, string>): Promise<SignedIn>;
  login(username: string, password?: string): Promise<SignedIn>;
};

export type Env = Record<string, string>;

const running: StartedService[] = [];
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((service) => service.close()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** A SQLite folder that lasts until the end of the test: for what is the same on every database. */
export async function temporaryPlace(): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-users-'));
  folders.push(dataDir);
  return { dataDir };
}

/** Runs until the end of the test. */
export async function startUsersApi(where: TestDatabase, env: Env = {}): Promise<TestApi> {
  const service = await startService(usersApi, environment(where, env), silentLogger());
  running.push(service);
  return apiOf(service);
}

/** Runs until it is closed: for tests that share one. */
export async function startSharedUsersApi(where: TestDatabase, env: Env = {}): Promise<TestApi> {
  return apiOf(await startService(usersApi, environment(where, env), silentLogger()));
}

export function environment({ dataDir, databaseUrl }: TestDatabase, env: Env): Env {
  return {
    PARLEY_DATA_DIR: dataDir,
    USERS_API_PORT: '0',
    DISCOVERY_URL: NO_REGISTRY,
    USERS_REGISTERS_PER_MINUTE: '10000',
    USERS_LOGINS_PER_MINUTE: '10000',
    ...(databaseUrl && { USERS_DATABASE_URL: databaseUrl }),
    ...env,
  };
}

function apiOf(service: StartedService): TestApi {
  const url = service.addresses[0]?.url ?? '';

  async function request(method: string, path: string, { token, body, headers = {} }: RequestOptions = {}) {
    return fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
  }

  return {
    url,
    service,
    request,
    async register(username, headers) {
      const response = await request('POST', '/api/auth/register', { body: registration(username), headers });
      expect(response.status).toBe(201);
      return signedIn.parse(await response.json());
    },
    async login(username, password = PASSWORD) {
      const response = await request('POST', '/api/auth/login', { body: { username, password } });
      expect(response.status).toBe(200);
      return signedIn.parse(await response.json());
    },
  };
}

export function registration(username: string) {
  return { username, email: `${username}@example.org`, password: PASSWORD };
}

let count = 0;

/** A name that no other test of this file has. */
export function freshName(): string {
  count += 1;
  return `user${count}`;
}

/** The error as agreed, with the wrong fields in `paths`. */
export async function expectProblem(
  response: Response,
  status: number,
  code: ErrorCode,
  paths?: string[],
): Promise<Problem> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const said = problem.parse(await response.json());
  expect(said).toMatchObject({ status, code });
  expect(response.status).toBe(status);
  if (paths) expect(said.errors?.map(({ path }) => path)).toEqual(paths);
  return said;
}
