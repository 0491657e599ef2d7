import { once } from 'node:events';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range } from './client.ts';
import { LineClient } from './line-client.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_PING_MS: '60', CHAT_WS_PONG_MS: '50' });
});
afterAll(() => chat.close());

test('W7 a peer that answers pings stays, one that is dead is found and leaves its rooms', async () => {
  const [ada, dead] = await Promise.all([chat.guestIn('alive'), chat.guestIn('alive')]);
  await once(ada.ws, 'ping');
  // Its socket stays open, and says nothing more.
  (dead.ws as unknown as { _autoPong: boolean })._autoPong = false;
  await vi.waitFor(() => expect(ada.all('presence').at(-1)).toMatchObject({ event: 'leave', members: 1 }), patience);
  expect((await dead.closed).code).toBe(4408);
  await once(ada.ws, 'ping');
  expect(await ada.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('W7 a ping of the client is answered', async () => {
  const ada = await chat.guest('ada');
  ada.ws.ping('are you there');
  const [data] = await once(ada.ws, 'pong');
  expect(String(data)).toBe('are you there');
});

test('W8 a close frame of the client is answered with its code', async () => {
  const ada = await chat.guestIn('leaving');
  ada.ws.close(1000, 'good night');
  expect(await ada.closed).toEqual({ code: 1000, reason: 'good night' });
});

test('W7 who asks for much and does not read it is not taken for one that is not read from, and is found dead', async () => {
  const other = await startChat({
    CHAT_WS_PING_MS: '60',
    CHAT_WS_PONG_MS: '50',
    CHAT_WS_STALLED_MS: '300',
    CHAT_WS_BEHIND_BYTES: '65536',
    CHAT_WS_COMMANDS: '1000000',
  });
  try {
    const ada = await other.guestIn('asking');
    for (const _ of range(1, 20)) await ada.ask({ type: 'post', room: 'asking', text: 'x'.repeat(60_000) });
    const [json, lines] = [await other.guestIn('asking'), await LineClient.in(other, 'asking')];
    for (const { ws } of [json, lines.client]) ws.pause();
    for (const _ of range(1, 200)) {
      json.send({ type: 'history', room: 'asking' });
      lines.say('HISTORY 20');
    }
    await vi.waitFor(async () => expect(await other.metric('parley_chat_connections')).toBe(1), patience);
    expect(await other.metric('parley_chat_closed_sessions_total', 'code="4408"')).toBe(2);
  } finally {
    await other.close();
  }
}, 30_000);
