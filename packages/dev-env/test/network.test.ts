import { expect, onTestFinished, test } from 'vitest';
import { openLineClient } from '../src/line-client.ts';
import { startNetwork } from '../src/network.ts';
import { addWebhook, register } from '../src/rest-client.ts';
import { startWebhookReceiver } from './webhook-receiver.ts';

test('the network in one process: after settle() every webhook has been delivered', async () => {
  const network = await startNetwork();
  onTestFinished(() => network.close());
  const { accessToken } = await register(network.port('USERS_API_PORT'), 'ada');
  const { url, deliveries } = await startWebhookReceiver();
  await addWebhook(network.port('WORKER_PORT'), accessToken, { url, events: ['message.posted'] });
  const line = await openLineClient(network.port('GATEWAY_PORT'));
  line.send(`AUTH ${accessToken}`, 'JOIN lobby', ...Array.from({ length: 20 }, (_, i) => `message ${i}`));
  await line.saw(/^POSTED lobby \S+:20$/);
  await network.settle();
  expect(deliveries.length).toBe(20);
  await line.close();
});
