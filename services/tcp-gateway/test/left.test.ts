import { expect, test } from 'vitest';
import { LineClient } from './line-client.ts';
import { patience, startGateway, type TestGateway } from './start-gateway.ts';

/** chat-ws takes a client out of a room. */
function takeOut({ chat }: TestGateway, name: string, reason: string): void {
  for (const link of chat.openLinks)
    for (const [s, { person }] of link.sessions)
      if (person?.name.includes(name)) link.out(s, { type: 'left', room: 'lobby', reason });
}

test('who is taken out of a room is told so and gets nothing more of it; others on the link stay', async () => {
  const gateway = await startGateway({ GATEWAY_LINKS: '1' });
  const { port, chat } = gateway;
  const [ada, ben] = [await LineClient.in(port, 'lobby', 'ada'), await LineClient.in(port, 'lobby', 'ben')];
  takeOut(gateway, 'ada', 'banned');
  expect(await ada.line()).toBe('LEFT lobby banned');
  chat.post('lobby', 'without ada');
  expect(await ben.line()).toBe('MESSAGE lobby 1 else without ada');
  // No room is current any more, and nothing of it came before.
  expect(await ada.ask('hello')).toBe('WORLD');
  expect(chat.all('unwatch')).toEqual([]);
  takeOut(gateway, 'ben', 'deleted');
  expect(await ben.line()).toBe('LEFT lobby deleted');
  await expect.poll(() => chat.all('unwatch'), patience).toMatchObject([{ room: 'lobby' }]);
  expect(await ada.ask('JOIN lobby')).toMatch(/^JOINED lobby /);
  chat.post('lobby', 'again');
  expect(await ada.line()).toBe('MESSAGE lobby 2 else again');
});
