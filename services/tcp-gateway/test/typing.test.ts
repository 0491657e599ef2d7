import { expect, test } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { startGateway } from './start-gateway.ts';

test('typing and seen go to clients that speak frames, typing not to who types; lines are not told', async () => {
  const { port } = await startGateway({ GATEWAY_LINKS: '1' });
  const ada = await FrameClient.in(port, 'lobby', 'ada');
  const ben = await FrameClient.in(port, 'lobby', 'ben');
  const line = await LineClient.in(port, 'lobby', 'cleo');
  ada.send({ type: 'typing', room: 'lobby', id: 't' }, { type: 'seen', room: 'lobby', seq: 1, id: 's' });
  expect(await ben.some('typing', 1)).toMatchObject([{ room: 'lobby', user: { name: 'guest-ada-1' } }]);
  expect(await ben.some('seen', 1)).toMatchObject([{ room: 'lobby', seq: 1 }]);
  expect(await ada.some('seen', 1)).toHaveLength(1);
  // Neither has an answer, and what follows is not held up.
  expect(await ada.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  expect(ada.all('typing')).toEqual([]);
  expect(ada.got.filter((got) => 're' in got && (got.re === 't' || got.re === 's'))).toEqual([]);
  expect(await ada.ask({ type: 'typing', room: 'other' })).toMatchObject({ type: 'error', code: 'NOT_JOINED' });
  expect(await line.ask('PING')).toBe('PONG');
});
