import { once } from 'node:events';
import got from 'got';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { openLineClient } from '../src/line-client.ts';
import { startNetwork } from '../src/network.ts';
import { register } from '../src/rest-client.ts';
import { waitFor } from '../src/wait-for.ts';

test('a user who is deleted is disconnected within 5 s, by WebSocket and by TCP, and does not come back', async () => {
  const network = await startNetwork();
  onTestFinished(() => network.close());
  // The first to register is the admin, who stays.
  await register(network.port('USERS_API_PORT'), 'admin');
  const { accessToken } = await register(network.port('USERS_API_PORT'), 'ada');

  const ws = new WebSocket(`ws://127.0.0.1:${network.port('CHAT_WS_PORT')}/ws`);
  onTestFinished(() => ws.terminate());
  const closed = once(ws, 'close');
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'auth', token: accessToken }));
  const [answer] = await once(ws, 'message');
  expect(JSON.parse(String(answer))).toMatchObject({ type: 'auth_success', user: { name: 'ada' } });
  const line = await openLineClient(network.port('GATEWAY_PORT'));
  onTestFinished(() => line.close());
  line.send(`AUTH ${accessToken}`, 'JOIN lobby');
  await line.saw(/^JOINED lobby /);

  const headers = { authorization: `Bearer ${accessToken}` };
  await got.delete(`http://127.0.0.1:${network.port('USERS_API_PORT')}/api/users/me`, { headers, retry: { limit: 0 } });
  const deletedAt = performance.now();
  const [code] = await closed;
  expect(code).toBe(4401);
  await line.saw(/^ERROR UNAUTHENTICATED /);
  expect(performance.now() - deletedAt).toBeLessThan(5_000);

  // The token itself would be good for minutes.
  const again = await openLineClient(network.port('GATEWAY_PORT'));
  onTestFinished(() => again.close());
  again.send(`AUTH ${accessToken}`);
  await waitFor('the refusal', () => again.lines.find((text) => text.startsWith('AUTH_FAILED')));
});
