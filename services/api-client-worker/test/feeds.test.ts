import { describeEachDatabase, describePostgres } from '@parley/common/runtime/test-databases';
import { expect, test, vi } from 'vitest';
import { messages, posted, texts } from './support/events.ts';
import { startFakeSource } from './support/fake-source.ts';
import { useNetwork } from './support/network.ts';

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1));
}

describeEachDatabase('following the feeds', (databases) => {
  const start = useNetwork(databases);

  test('a new worker reads from the oldest event kept, and a restarted one from where it was', async () => {
    const { worker, chatWs, receiver, startWorker } = await start({ WORKER_FEED_LIMIT: '2' });
    await worker.register({ url: receiver.url });
    chatWs.publish(...messages(5));
    await receiver.waitFor(5);
    await worker.waitForJobs('succeeded', 5);
    expect(chatWs.asked[0]).toBeUndefined();
    await worker.close();
    chatWs.publish(...messages(5, 6));
    const asked = chatWs.asked.length;
    await startWorker();
    await receiver.waitFor(10);
    expect(chatWs.asked[asked]).toBe('c5');
    expect(receiver.texts()).toEqual(texts(10));
  });

  test('410 of the feed: on from the oldest, and the loss is counted', async () => {
    const { worker, chatWs, receiver, startWorker } = await start();
    await worker.register({ url: receiver.url });
    chatWs.publish(posted('m1'));
    await receiver.waitFor(1);
    await worker.waitForJobs('succeeded', 1);
    await worker.close();
    chatWs.publish(...messages(5, 2));
    chatWs.forget(3);
    const { url } = await startWorker();
    await receiver.waitFor(4);
    expect(receiver.texts()).toEqual(['m1', 'm4', 'm5', 'm6']);
    expect(await metric(url, 'parley_worker_feed_losses_total{source="chat-ws"')).toBe(1);
  });

  test('a source that is away is said, holds up nothing else, and is followed again when it is back', async () => {
    const { worker, chatWs, usersApi, receiver, startWorker } = await start();
    await worker.register({ url: receiver.url });
    chatWs.publish(posted('m1'));
    await receiver.waitFor(1);
    await worker.waitForJobs('succeeded', 1);
    await chatWs.close();
    await vi.waitFor(async () => {
      const ready = await fetch(`${worker.url}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.json()).toMatchObject({ notes: { 'feed of chat-ws': expect.any(String) } });
    });
    usersApi.publish(posted('m2'));
    await receiver.waitFor(2);
    expect((await worker.call('GET', '/api/webhooks')).status).toBe(200);
    await vi.waitFor(async () => {
      expect(await metric(worker.url, 'parley_worker_feed_lag_seconds{source="chat-ws"')).toBeGreaterThan(0);
    }, 5_000);

    const back = await startFakeSource('chat-ws', chatWs.port, [posted('m1'), posted('m3')]);
    try {
      await receiver.waitFor(3);
      expect(receiver.texts()).toEqual(['m1', 'm2', 'm3']);
      await vi.waitFor(async () =>
        expect(await (await fetch(`${worker.url}/readyz`)).json()).toEqual({ status: 'ready' }),
      );
    } finally {
      await worker.close();
      await back.close();
    }
    // Nothing is left over for the next worker to deliver again.
    const next = await startWorker({ CHAT_WS_URL: usersApi.url });
    expect((await next.jobs()).items.map(({ state }) => state)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  test('a source that is back with nothing new is found at once, though it holds its answers back', async () => {
    const { worker, chatWs } = await start();
    const note = async () => {
      const ready = (await (await fetch(`${worker.url}/readyz`)).json()) as { notes?: Record<string, string> };
      return ready.notes?.['feed of chat-ws'];
    };
    await chatWs.close();
    await vi.waitFor(async () => expect(await note()).toEqual(expect.any(String)));
    const back = await startFakeSource('chat-ws', chatWs.port);
    try {
      await vi.waitFor(async () => expect(await note()).toBeUndefined());
    } finally {
      await worker.close();
      await back.close();
    }
  });

  test('an answer without an end is broken off, and the feed followed when it is one again', async () => {
    const { worker, chatWs, receiver } = await start();
    await worker.register({ url: receiver.url });
    let broken = 0;
    chatWs.answer = (res) => {
      res.once('close', () => {
        broken += 1;
      });
      const pour = () => {
        while (!res.destroyed && res.write(Buffer.alloc(1 << 20, 32)));
      };
      res.on('drain', pour);
      pour();
    };
    chatWs.publish(posted('m1'));
    await vi.waitFor(() => expect(broken).toBeGreaterThan(1), 10_000);
    chatWs.answer = undefined;
    await receiver.waitFor(1);
  });

  test('an event that cannot be read is passed over; one of a later version goes through whole', async () => {
    const { worker, chatWs, receiver } = await start();
    await worker.register({ url: receiver.url });
    await worker.register({ url: receiver.url, events: ['user.created'] });
    const later = {
      ...posted('m1'),
      id: 'later:1',
      type: 'room.painted',
      data: { room: 'lobby', colour: 'red' },
      odd: true,
    };
    const unstorable = { ...posted('m0'), type: 'room.\0', odd: true };
    chatWs.publish({ id: 'has no type', odd: true }, unstorable, later, posted('m2'));
    await receiver.waitFor(2);
    const { odd: _odd, ...whole } = later;
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toEqual(whole);
    expect(receiver.requests[1]?.text).toBe('m2');
    expect(await metric(worker.url, 'parley_worker_malformed_events_total')).toBe(2);
  });
});

describePostgres('several workers on one database', (databases) => {
  const start = useNetwork(databases);

  test('share the work: each event is queued once and the order is kept', async () => {
    const { worker, chatWs, receiver, startReceiver, startWorker } = await start({
      WORKER_BATCH: '5',
      WORKER_FEED_LIMIT: '20',
      WORKER_POLL_MS: '200',
    });
    await startWorker();
    await startWorker();
    const other = await startReceiver();
    receiver.answer = other.answer = ({ number }, res) => void setTimeout(() => res.end(), number % 3);
    await worker.register({ url: receiver.url });
    await worker.register({ url: other.url });
    for (let first = 1; first <= 150; first += 25) chatWs.publish(...messages(25, first));
    await receiver.waitFor(150, 30_000);
    await other.waitFor(150, 30_000);
    expect(receiver.texts()).toEqual(texts(150));
    expect(other.texts()).toEqual(texts(150));
  }, 60_000);
});
