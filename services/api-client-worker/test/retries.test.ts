import { jobList } from '@parley/common/contracts/job';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { describe, expect, test } from 'vitest';
import { messages, posted, texts } from './support/events.ts';
import { useNetwork } from './support/network.ts';

describe('C12 retries', () => {
  const start = useNetwork();

  test('C12 the schedule is kept, the webhook-id stays, and what follows is not held up', async () => {
    const { worker, chatWs, receiver } = await start({ WORKER_RETRY_SCHEDULE: '0,100ms,300ms' });
    const { secret } = await worker.register({ url: receiver.url });
    receiver.answer = ({ text }, res) => {
      const before = receiver.requests.filter((request) => request.text === text).length;
      res.writeHead(text === 'm1' && before < 3 ? 500 : 200).end('thanks');
    };
    chatWs.publish(...messages(3));
    const { items } = await worker.waitForJobs('succeeded', 3);
    // First attempts in order; the repetitions come when they are due.
    expect(receiver.texts().filter((text, i, all) => all.indexOf(text) === i)).toEqual(texts(3));
    const tries = receiver.requests.filter(({ text }) => text === 'm1');
    expect(new Set(tries.map(({ webhookId }) => webhookId)).size).toBe(1);
    for (const request of tries) expect(receiver.verdict(request, secret)).toBe('valid');
    const job = await worker.job(items.at(-1)?.id ?? '');
    expect(job.attempts).toMatchObject([
      { number: 1, outcome: 'status', status: 500, error: 'the endpoint answered 500', answer: 'thanks' },
      { number: 2, outcome: 'status', status: 500 },
      { number: 3, outcome: 'success', status: 200, answer: 'thanks' },
    ]);
    const [first = 0, second = 0, third = 0] = job.attempts.map(({ at }) => Date.parse(at));
    expect(second - first).toBeGreaterThanOrEqual(80);
    expect(third - second).toBeGreaterThanOrEqual(240);
  });

  test('C12 Retry-After has a bound', async () => {
    const { worker, chatWs, receiver } = await start({ WORKER_RETRY_AFTER_MAX_MS: '50' });
    await worker.register({ url: receiver.url });
    receiver.answer = ({ number }, res) => {
      res.writeHead(number === 1 ? 503 : 200, number === 1 ? { 'retry-after': '86400' } : {}).end();
    };
    chatWs.publish(posted('m1'));
    await receiver.waitFor(2, 5_000);
  });
});

describeEachDatabase('C12 retries', (databases) => {
  const start = useNetwork(databases);

  test('C12 Retry-After is obeyed: nothing is sent to that endpoint before, and order is kept', async () => {
    const { worker, chatWs, receiver } = await start();
    await worker.register({ url: receiver.url });
    receiver.answer = ({ number }, res) => {
      res.writeHead(number === 1 ? 429 : 200, number === 1 ? { 'retry-after': '1' } : {}).end();
    };
    chatWs.publish(...messages(3));
    const [refused, next] = await receiver.waitFor(4);
    expect(refused?.text).toBe('m1');
    expect((next?.at ?? 0) - (refused?.at ?? 0)).toBeGreaterThanOrEqual(990);
    expect(receiver.texts().filter((text) => text !== 'm1')).toEqual(['m2', 'm3']);
    expect(receiver.texts().filter((text) => text === 'm1')).toHaveLength(2);
  });

  test('410 disables the endpoint, and enabling it again delivers what waits', async () => {
    const { worker, chatWs, receiver } = await start();
    const { id } = await worker.register({ url: receiver.url });
    receiver.answer = (_received, res) => void res.writeHead(410).end();
    chatWs.publish(...messages(3));
    await worker.waitForJobs('dead', 1);
    expect(await (await worker.call('GET', `/api/webhooks/${id}`)).json()).toMatchObject({
      enabled: false,
      disabledReason: 'gone',
    });
    expect(receiver.texts()).toEqual(['m1']);
    expect((await worker.jobs('?state=pending')).items).toHaveLength(2);

    receiver.answer = (_received, res) => void res.writeHead(200).end();
    const enabled = await worker.call('PATCH', `/api/webhooks/${id}`, { enabled: true });
    expect(await enabled.json()).not.toHaveProperty('disabledReason');
    await worker.waitForJobs('succeeded', 2);
    expect(receiver.texts()).toEqual(texts(3));
  });

  test('a 410 of the address that an endpoint had before does not disable it', async () => {
    const { worker, chatWs, receiver, startReceiver } = await start();
    const moved = await startReceiver();
    let gone = () => {};
    receiver.answer = (_received, res) => {
      gone = () => void res.writeHead(410).end();
    };
    const { id } = await worker.register({ url: receiver.url });
    chatWs.publish(...messages(2));
    await receiver.waitFor(1);
    await worker.call('PATCH', `/api/webhooks/${id}`, { url: moved.url });
    gone();
    await worker.waitForJobs('dead', 1);
    await moved.waitFor(1);
    expect(moved.texts()).toEqual(['m2']);
    expect(await (await worker.call('GET', `/api/webhooks/${id}`)).json()).toMatchObject({ enabled: true });
  });

  test('what fails to the end is a dead letter, and can be retried by hand, from the start of the schedule', async () => {
    const { worker, chatWs, receiver } = await start();
    await worker.register({ url: receiver.url });
    receiver.answer = (_received, res) => void res.writeHead(500).end();
    chatWs.publish(posted('m1'));
    await worker.waitForJobs('dead', 1);
    expect(receiver.requests).toHaveLength(3);
    const letters = jobList.parse(await (await worker.call('GET', '/api/dead-letters')).json());
    expect(letters).toMatchObject({ items: [{ state: 'dead', attemptCount: 3 }], next: null });
    const { id = '' } = letters.items[0] ?? {};

    receiver.answer = ({ number }, res) => void res.writeHead(number < 6 ? 500 : 200).end();
    const retried = await worker.call('POST', `/api/jobs/${id}/retry`);
    expect(retried.status).toBe(202);
    expect(await retried.json()).toMatchObject({ id, state: 'pending' });
    await worker.waitForJobs('succeeded', 1);
    expect((await worker.job(id)).attempts).toHaveLength(6);
    expect(new Set(receiver.requests.map(({ webhookId }) => webhookId)).size).toBe(1);
    expect((await worker.call('POST', `/api/jobs/${id}/retry`)).status).toBe(409);
  });
});
