import type { ServerResponse } from 'node:http';
import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { webhookHeaders } from '@parley/common/wire/webhook-signature';
import { describe, expect, test, vi } from 'vitest';
import { messages, posted, texts, userCreated } from './support/events.ts';
import { useNetwork } from './support/network.ts';

describe('C25 deliveries', () => {
  const start = useNetwork();

  test('C25 an event arrives as one signed POST with its id', async () => {
    const { worker, chatWs, receiver } = await start();
    const { secret, id } = await worker.register({ url: receiver.url, events: ['message.posted'] });
    const event = posted('hello');
    chatWs.publish(event);
    const [received] = await receiver.waitFor(1);
    expect(received).toMatchObject({ method: 'POST', webhookId: event.id });
    expect(JSON.parse(received?.body ?? '')).toEqual(event);
    expect(received?.headers).toMatchObject({ 'content-type': 'application/json', [webhookHeaders.id]: event.id });
    expect(received?.headers['user-agent']).toMatch(/^Parley\//);
    expect(received && receiver.verdict(received, secret)).toBe('valid');
    expect(received && receiver.verdict(received, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=')).toBe(
      'mismatch',
    );

    const { items } = await worker.waitForJobs('succeeded', 1);
    const job = await worker.job(items[0]?.id ?? '');
    expect(job).toMatchObject({
      state: 'succeeded',
      webhookId: id,
      event: { id: event.id, type: event.type },
      attemptCount: 1,
    });
    expect(job.attempts).toMatchObject([{ number: 1, outcome: 'success', status: 204 }]);
  });

  test('the figures tell of the queue, the attempts and how long it took', async () => {
    const { worker, chatWs, receiver } = await start({ WORKER_RETRY_SCHEDULE: '0,1ms' });
    await worker.register({ url: receiver.url });
    receiver.answer = ({ text }, res) => void res.writeHead(text === 'm2' ? 500 : 200).end();
    chatWs.publish(...messages(3));
    await worker.waitForJobs('succeeded', 2);
    await worker.waitForJobs('dead', 1);
    await vi.waitFor(async () => {
      const figures = await (await fetch(`${worker.url}/metrics`)).text();
      const value = (name: string) =>
        Number(
          figures
            .split('\n')
            .find((line) => line.startsWith(name))
            ?.split(' ')
            .at(-1),
        );
      expect(value('parley_worker_attempts_total{outcome="success"')).toBe(2);
      expect(value('parley_worker_attempts_total{outcome="status"')).toBe(2);
      expect(value('parley_worker_events_total{source="chat-ws"')).toBe(3);
      expect(value('parley_worker_delivery_seconds_count')).toBe(2);
      expect(value('parley_worker_attempt_seconds_count')).toBe(4);
      expect(value('parley_worker_jobs{state="dead"')).toBe(1);
      expect(value('parley_worker_jobs{state="pending"')).toBe(0);
      expect(value('parley_worker_feed_lag_seconds{source="chat-ws"')).toBe(0);
    }, 5_000);
  });
});

describeEachDatabase('C25 deliveries', (databases) => {
  const start = useNetwork(databases);

  test('C25 C13 many events arrive in their order, once, over one kept connection', async () => {
    const { worker, chatWs, receiver } = await start({ WORKER_BATCH: '7', WORKER_FEED_LIMIT: '40' });
    await worker.register({ url: receiver.url });
    chatWs.publish(...messages(50));
    await receiver.waitFor(10);
    chatWs.publish(...messages(100, 51));
    await worker.waitForJobs('pending', 0);
    await receiver.waitFor(150);
    expect(receiver.texts()).toEqual(texts(150));
    expect(new Set(receiver.requests.map(({ webhookId }) => webhookId)).size).toBe(150);
    expect(new Set(receiver.requests.map(({ peerPort }) => peerPort)).size).toBe(1);
  });

  test('an endpoint gets its types and its room, from both feeds, and nothing from before it was there', async () => {
    const { worker, chatWs, usersApi, receiver, startReceiver } = await start();
    const users = await startReceiver();
    const den = await startReceiver();
    chatWs.publish(posted('early', { at: Date.now() - 1 }));
    await worker.register({ url: receiver.url, events: ['message.posted', 'room.created'] });
    await worker.register({ url: users.url, events: ['user.created'] });
    await worker.register({ url: den.url, room: 'den' });
    chatWs.publish(posted('old', { at: Date.now() - 60_000 }), posted('one'), posted('two', { room: 'den' }));
    usersApi.publish(userCreated('grace'));
    await users.waitFor(1);
    await receiver.waitFor(2);
    await den.waitFor(1);
    await worker.waitForJobs('succeeded', 4);
    expect(receiver.texts()).toEqual(['one', 'two']);
    expect(den.texts()).toEqual(['two']);
    expect(users.requests.map(({ webhookId }) => webhookId)).toEqual(['user~created:u_grace']);
  });

  test('an endpoint that is disabled or deleted while its events are delivered gets no more of them', async () => {
    const { worker, chatWs, receiver, startReceiver } = await start();
    const other = await startReceiver();
    const slowly = (_received: unknown, res: ServerResponse) => void setTimeout(() => res.end(), 30);
    receiver.answer = other.answer = slowly;
    const { id } = await worker.register({ url: receiver.url });
    const { id: otherId } = await worker.register({ url: other.url });
    chatWs.publish(...messages(20));
    await receiver.waitFor(2);
    await worker.call('PATCH', `/api/webhooks/${id}`, { enabled: false });
    await worker.call('DELETE', `/api/webhooks/${otherId}`);
    await worker.waitForJobs('running', 0);
    expect(receiver.requests.length).toBeLessThan(10);
    expect(other.requests.length).toBeLessThan(10);
    await worker.call('PATCH', `/api/webhooks/${id}`, { enabled: true });
    await receiver.waitFor(20);
    expect(receiver.texts()).toEqual(texts(20));
  });

  test('a changed endpoint: disabled ones get nothing, a new address gets what waits', async () => {
    const { worker, chatWs, receiver, startReceiver } = await start({
      WORKER_RETRY_SCHEDULE: '0,200ms,200ms,200ms,200ms',
    });
    const moved = await startReceiver();
    receiver.answer = (_received, res) => void res.writeHead(500).end();
    const { id } = await worker.register({ url: receiver.url });
    chatWs.publish(posted('m1'));
    await receiver.waitFor(1);
    await worker.call('PATCH', `/api/webhooks/${id}`, { url: moved.url });
    await moved.waitFor(1);
    expect(moved.texts()).toEqual(['m1']);

    await worker.call('PATCH', `/api/webhooks/${id}`, { enabled: false });
    const other = await worker.register({ url: receiver.url });
    chatWs.publish(posted('m2'));
    await receiver.waitFor(receiver.requests.length + 1);
    expect((await worker.jobs(`?webhook=${id}`)).items).toHaveLength(1);
    expect((await worker.jobs(`?webhook=${other.id}`)).items).toHaveLength(1);
  });
});
