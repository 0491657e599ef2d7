import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKeyRing } from './key-ring.ts';
import { silentLogger } from './logger.ts';
import { createServiceTokens } from './service-tokens.ts';
import { type StartedService, startService } from './start-service.ts';
import { tinyService } from './test/tiny-service.ts';

let dataDir: string;
let service: StartedService;
let url: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'parley-http-'));
  service = await startService(tinyService, { PARLEY_DATA_DIR: dataDir }, silentLogger());
  url = service.addresses[0]?.url ?? '';
});
afterAll(async () => {
  await service.close();
  await rm(dataDir, { recursive: true });
});

function post(body: string, contentType = 'application/json') {
  return fetch(`${url}/json`, { method: 'POST', body, headers: { 'content-type': contentType } });
}

it('answers health, readiness and metrics', async () => {
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'ok', service: 'tiny' });
  const ready = await fetch(`${url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({ status: 'ready', notes: { printer: 'is out of paper' } });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('process_cpu_user_seconds_total{service="tiny"}');
});

it('returns a sound request id and replaces an unsound one', async () => {
  const sound = await fetch(url, { headers: { 'x-request-id': 'order-7' } });
  expect(sound.headers.get('x-request-id')).toBe('order-7');
  const unsound = await fetch(url, { headers: { 'x-request-id': 'a b' } });
  expect(unsound.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
});

it.each([
  ['GET', '/nothing', undefined, 404, 'NOT_FOUND'],
  ['POST', '/json', '{"a":', 400, 'BAD_MESSAGE'],
  ['POST', '/json', `"${'x'.repeat(1 << 20)}"`, 413, 'TOO_LARGE'],
  ['GET', '/broken', undefined, 500, 'INTERNAL'],
  ['GET', '/%ff', undefined, 404, 'NOT_FOUND'],
])('H10 %s %s is problem details with a code', async (method, path, body, status, code) => {
  const answer = await fetch(`${url}${path}`, { method, body, headers: { 'content-type': 'application/json' } });
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const problem = await answer.json();
  expect(problem).toMatchObject({ code, status, instance: path });
  expect(JSON.stringify(problem)).not.toContain('inside of the machine');
});

it('echoes JSON', async () => {
  expect(await (await post('{"a":1}')).json()).toEqual({ a: 1 });
});

it('gives figures, in production, to this machine and to services only', async () => {
  const secret = 'a secret of more than 32 characters';
  const env = { PARLEY_DATA_DIR: dataDir, PARLEY_MODE: 'production', PARLEY_SERVICE_SECRET: secret };
  const production = await startService(tinyService, env, silentLogger());
  try {
    const metrics = (headers: Record<string, string>) =>
      fetch(`${production.addresses[0]?.url}/metrics`, { headers }).then(({ status }) => status);
    expect(await metrics({})).toBe(200);
    for (const name of ['x-forwarded-for', 'forwarded', 'via']) {
      expect(await metrics({ [name]: '127.0.0.1' })).toBe(401);
    }
    const token = await createServiceTokens(createKeyRing([secret]), 'prometheus').sign('tiny');
    expect(await metrics({ via: '1.1 proxy', authorization: `Bearer ${token}` })).toBe(200);
    expect(await metrics({ via: '1.1 proxy', authorization: 'Bearer abc' })).toBe(401);
  } finally {
    await production.close();
  }
});
