import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { describe, expect, test, vi } from 'vitest';
import { messages, texts } from './support/events.ts';
import { useNetwork } from './support/network.ts';

describe('one endpoint and the others', () => {
  const start = useNetwork();

  test('an endpoint that does not answer holds nobody up', async () => {
    const { worker, chatWs, receiver, startReceiver } = await start({ WORKER_TIMEOUT_MS: '5000' });
    const stuck = await startReceiver();
    stuck.answer = () => {};
    await worker.register({ url: stuck.url });
    await worker.register({ url: receiver.url });
    const begin = Date.now();
    chatWs.publish(...messages(60));
    await receiver.waitFor(60);
    expect(Date.now() - begin).toBeLessThan(4_000);
    expect(receiver.texts()).toEqual(texts(60));
    // In order means: the second is not attempted before the first has ended.
    expect(stuck.texts()).toEqual(['m1']);
  });

  test('with few slots every endpoint still gets its turn', async () => {
    const { worker, chatWs, startReceiver } = await start({ WORKER_CONCURRENCY: '1', WORKER_BATCH: '5' });
    const receivers = await Promise.all(Array.from({ length: 5 }, startReceiver));
    for (const { url } of receivers) await worker.register({ url });
    chatWs.publish(...messages(20));
    await vi.waitFor(
      () => expect(receivers.map((each) => each.texts())).toEqual(receivers.map(() => texts(20))),
      10_000,
    );
  });
});

describeEachDatabase('one endpoint and the others', (databases) => {
  const start = useNetwork(databases);

  test('one endpoint gets at most so many requests at once, one of them a first attempt', async () => {
    const settings = { WORKER_ENDPOINT_CONCURRENCY: '3', WORKER_RETRY_SCHEDULE: '0,1ms,1ms,1ms,1ms' };
    const { worker, chatWs, receiver } = await start(settings);
    let open = 0;
    let most = 0;
    receiver.answer = ({ text }, res) => {
      open += 1;
      most = Math.max(most, open);
      const again = receiver.requests.filter((request) => request.text === text).length > 1;
      setTimeout(() => {
        open -= 1;
        res.writeHead(again ? 200 : 500).end();
      }, 5);
    };
    await worker.register({ url: receiver.url });
    chatWs.publish(...messages(40));
    await worker.waitForJobs('succeeded', 40);
    expect(most).toBe(3);
    expect(receiver.texts().filter((text, i, all) => all.indexOf(text) === i)).toEqual(texts(40));
  });
});
