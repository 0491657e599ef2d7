import type { Problem } from '@parley/common/contracts/problem';
import { rotatedSecret, type Webhook, webhookList } from '@parley/common/contracts/webhook';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { describe, expect, test } from 'vitest';
import { posted } from './support/events.ts';
import { useNetwork } from './support/network.ts';

const url = 'http://127.0.0.1:19/hook';

describe('REST of webhooks', () => {
  const start = useNetwork();

  test('H9 admins and the scope may, others may not', async () => {
    const { worker, usersApi } = await start();
    const as = async (claims: { role?: 'admin' | 'user'; scope?: string }) => {
      const headers = { authorization: `Bearer ${await usersApi.token(claims)}` };
      const paths = ['/api/webhooks', '/api/jobs', '/api/dead-letters'];
      return Promise.all(paths.map(async (path) => (await worker.call('GET', path, undefined, headers)).status));
    };
    expect(await as({ role: 'admin' })).toEqual([200, 200, 200]);
    expect(await as({ scope: 'chat webhooks' })).toEqual([200, 403, 403]);
    expect(await as({ scope: 'jobs' })).toEqual([403, 200, 200]);
    expect(await as({})).toEqual([403, 403, 403]);
    expect((await worker.call('GET', '/api/webhooks', undefined, { authorization: '' })).status).toBe(401);
    expect((await worker.call('GET', '/api/webhooks', undefined, { authorization: 'Bearer abc' })).status).toBe(401);
  });

  test('C25 a rotated secret: for a while both sign', async () => {
    const { worker, chatWs, receiver } = await start({ WORKER_SECRET_OVERLAP_MS: '60000' });
    const { id, secret } = await worker.register({ url: receiver.url });
    const answer = await worker.call('POST', `/api/webhooks/${id}/rotate-secret`);
    const rotated = rotatedSecret.parse(await answer.json());
    expect(rotated.secret).not.toBe(secret);
    chatWs.publish(posted('m1'));
    const [received] = await receiver.waitFor(1);
    if (!received) throw new Error('nothing was received');
    expect(receiver.verdict(received, secret)).toBe('valid');
    expect(receiver.verdict(received, rotated.secret)).toBe('valid');
    expect(received.headers['webhook-signature']?.toString().split(' ')).toHaveLength(2);
    expect((await worker.call('POST', '/api/webhooks/wh_none/rotate-secret')).status).toBe(404);
  });

  test('C25 after the overlap only the new secret signs', async () => {
    const { worker, chatWs, receiver } = await start({ WORKER_SECRET_OVERLAP_MS: '0' });
    const { id, secret } = await worker.register({ url: receiver.url });
    const rotated = rotatedSecret.parse(await (await worker.call('POST', `/api/webhooks/${id}/rotate-secret`)).json());
    chatWs.publish(posted('m1'));
    const [received] = await receiver.waitFor(1);
    expect(received && receiver.verdict(received, secret)).toBe('mismatch');
    expect(received && receiver.verdict(received, rotated.secret)).toBe('valid');
  });
});

describeEachDatabase('REST of webhooks', (databases) => {
  const start = useNetwork(databases);

  test('created, read, changed, deleted; the secret is shown once', async () => {
    const { worker } = await start();
    const created = await worker.call('POST', '/api/webhooks', { url, events: ['user.created'], description: 'CRM' });
    expect(created.status).toBe(201);
    const webhook = (await created.json()) as Webhook & { secret: string };
    expect(webhook).toMatchObject({ url, events: ['user.created'], enabled: true, description: 'CRM' });
    expect(webhook.secret).toMatch(/^whsec_/);
    const path = created.headers.get('location') ?? '';
    expect(path).toBe(`/api/webhooks/${webhook.id}`);

    const read = await worker.call('GET', path);
    const { secret: _secret, ...shown } = webhook;
    expect(await read.json()).toEqual(shown);
    const etag = read.headers.get('etag') ?? '';
    expect((await worker.call('GET', path, undefined, { 'if-none-match': etag })).status).toBe(304);

    const change = { events: ['*'], room: 'lobby', description: null, enabled: false };
    const changed = await worker.call('PATCH', path, change, { 'if-match': etag });
    expect(await changed.json()).toMatchObject({ id: webhook.id, url, events: ['*'], room: 'lobby', enabled: false });
    expect(await (await worker.call('GET', path)).json()).not.toHaveProperty('description');
    expect((await worker.call('PATCH', path, { enabled: true }, { 'if-match': etag })).status).toBe(412);
    expect((await worker.call('DELETE', path, undefined, { 'if-match': etag })).status).toBe(412);
    expect((await worker.call('DELETE', path)).status).toBe(204);
    expect((await worker.call('GET', path)).status).toBe(404);
    expect((await worker.call('DELETE', path)).status).toBe(404);
  });

  test('H6 what is wrong is named', async () => {
    const { worker, chatWs } = await start();
    const wrong = async (body: unknown) => {
      const answer = await worker.call('POST', '/api/webhooks', body);
      const problem = (await answer.json()) as Problem;
      return [answer.status, problem.code, problem.errors?.map(({ path }) => path)];
    };
    expect(await wrong({ url: 'ftp://example.com', events: [] })).toEqual([400, 'BAD_MESSAGE', ['url', 'events']]);
    expect(await wrong({ url: 'http://user:pass@example.com/', events: ['*'] })).toEqual([400, 'BAD_MESSAGE', ['url']]);
    expect(await wrong({ url, events: ['user.exploded'] })).toEqual([400, 'BAD_MESSAGE', ['events.0']]);
    for (const target of [
      'http://10.0.0.1/',
      'http://169.254.169.254/',
      'http://[fd00::1]/',
      `${chatWs.url}/internal`,
    ]) {
      expect(await wrong({ url: target, events: ['*'] })).toEqual([400, 'BAD_MESSAGE', ['url']]);
    }
    const text = await fetch(`${worker.url}/api/webhooks`, { method: 'POST', body: 'x' });
    expect(text.status).toBe(401);
    expect((await worker.call('PUT', '/api/webhooks')).status).toBe(405);
    expect((await worker.call('GET', '/api/replays')).status).toBe(404);
    expect((await worker.call('GET', '/api/jobs/abc')).status).toBe(404);
    expect((await worker.call('GET', '/api/jobs/77')).status).toBe(404);
    for (const id of ['wh_%00', 'wh_0123456789abcdef01234567', '%FF']) {
      expect([id, (await worker.call('GET', `/api/webhooks/${id}`)).status]).toEqual([id, id === '%FF' ? 400 : 404]);
    }
    expect((await worker.call('GET', '/api/jobs?webhook=%00')).status).toBe(400);
    expect((await worker.call('GET', '/api/jobs?state=lost')).status).toBe(400);
  });

  test('lists go by page; there is a limit', async () => {
    const { worker } = await start({ WORKER_MAX_WEBHOOKS: '5' });
    const wanted = Array.from({ length: 8 }, () => worker.call('POST', '/api/webhooks', { url, events: ['*'] }));
    const statuses = (await Promise.all(wanted)).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, 201, 201, 201, 201, 403, 403, 403]);
    const page = await worker.call('GET', '/api/webhooks?page=2&per_page=2');
    expect(webhookList.parse(await page.json())).toMatchObject({ page: 2, perPage: 2, total: 5 });
    expect(page.headers.get('link')).toContain('</api/webhooks?page=3&per_page=2>; rel="next"');
  });

  test('C25 a test delivery is signed, attempted once, and answered with its job', async () => {
    const { worker, receiver } = await start();
    const { id, secret } = await worker.register({ url: receiver.url, events: ['user.created'] });
    receiver.answer = (_received, res) => void res.writeHead(500).end('not yet');
    const tested = await worker.call('POST', `/api/webhooks/${id}/test`);
    expect(tested.status).toBe(202);
    const job = (await tested.json()) as { id: string };
    const [received] = await receiver.waitFor(1);
    expect(received && receiver.verdict(received, secret)).toBe('valid');
    expect(JSON.parse(received?.body ?? '')).toMatchObject({ type: 'webhook.test', data: { webhook: id } });
    await worker.waitForJobs('dead', 1);
    expect(await worker.job(job.id)).toMatchObject({ state: 'dead', attempts: [{ status: 500, answer: 'not yet' }] });
    await worker.call('PATCH', `/api/webhooks/${id}`, { enabled: false });
    expect((await worker.call('POST', `/api/webhooks/${id}/test`)).status).toBe(409);
    expect((await worker.call('POST', '/api/webhooks/wh_none/test')).status).toBe(404);
  });

  test('jobs go by cursor, newest first, and are deleted with their webhook', async () => {
    const { worker, chatWs, receiver } = await start();
    const { id } = await worker.register({ url: receiver.url });
    chatWs.publish(...Array.from({ length: 5 }, (_, i) => posted(`m${i + 1}`)));
    await worker.waitForJobs('succeeded', 5);
    const first = await worker.call('GET', '/api/jobs?limit=3');
    const page = await worker.jobs('?limit=3');
    expect(first.headers.get('link')).toBe(`</api/jobs?limit=3&after=${page.next}>; rel="next"`);
    const rest = await worker.jobs(`?limit=3&after=${page.next}`);
    expect(rest.next).toBeNull();
    const ids = [...page.items, ...rest.items].map((job) => Number(job.id));
    expect(ids).toEqual(ids.toSorted((a, b) => b - a));
    expect(new Set(ids).size).toBe(5);
    await worker.call('DELETE', `/api/webhooks/${id}`);
    expect((await worker.jobs()).items).toEqual([]);
  });
});
