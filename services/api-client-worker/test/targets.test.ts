import { expect, test } from 'vitest';
import { posted } from './support/events.ts';
import { useNetwork } from './support/network.ts';

const start = useNetwork();

test('C25 without allowed ranges nothing on this machine is reached, by address or by name', async () => {
  const { worker, chatWs, receiver } = await start({
    WORKER_ALLOW_NETS: '192.168.77.0/24',
    WORKER_RETRY_SCHEDULE: '0',
  });
  const refused = await worker.call('POST', '/api/webhooks', { url: receiver.url, events: ['*'] });
  expect(refused.status).toBe(400);
  // localhost is in the hosts file: its look-up leaves the machine no more than the request does.
  await worker.register({ url: `http://localhost:${receiver.port}/` });
  chatWs.publish(posted('m1'));
  const { items } = await worker.waitForJobs('dead', 1);
  const { attempts } = await worker.job(items[0]?.id ?? '');
  expect(attempts).toMatchObject([{ outcome: 'target', error: 'the address must not be reached from here' }]);
  expect(receiver.requests).toEqual([]);
});

test('C25 the services themselves are out of reach, also by name', async () => {
  const { worker, chatWs, usersApi } = await start({ WORKER_RETRY_SCHEDULE: '0' });
  const own = [chatWs.port, usersApi.port, Number(new URL(worker.url).port), 8081, 7000];
  for (const port of own) await worker.register({ url: `http://localhost:${port}/internal/events` });
  chatWs.publish(posted('m1'));
  const { items } = await worker.waitForJobs('dead', own.length);
  for (const { id } of items) expect((await worker.job(id)).attempts).toMatchObject([{ outcome: 'target' }]);
});
