import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { openLineClient } from '../src/line-client.ts';
import { startNetwork } from '../src/network.ts';

test('a ticket from a WebSocket resumes on the TCP gateway: the same user, who goes on, and the WebSocket ends', async () => {
  const network = await startNetwork();
  onTestFinished(() => network.close());
  const ws = new WebSocket(`ws://127.0.0.1:${network.port('CHAT_WS_PORT')}/ws`);
  onTestFinished(() => ws.terminate());
  const closed = once(ws, 'close');
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'auth', guest: 'ada' }));
  const [answer] = await once(ws, 'message');
  const { user, ticket } = JSON.parse(String(answer));

  const line = await openLineClient(network.port('GATEWAY_PORT'));
  onTestFinished(() => line.close());
  line.send(`RESUME ${ticket}`, 'JOIN lobby', 'hello');
  expect(await line.saw(/^AUTH_/)).toBe(`AUTH_SUCCESS ${user.name}`);
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([1000, 'resumed on another connection']);
  await line.saw(new RegExp(`^MESSAGE lobby 1 ${user.name} hello$`));

  const forged = await openLineClient(network.port('GATEWAY_PORT'));
  onTestFinished(() => forged.close());
  forged.send(`RESUME ${ticket}x`);
  expect(await forged.saw(/^AUTH_/)).toMatch(/^AUTH_FAILED/);
});
