import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
let compressing: TestChat;

beforeAll(async () => {
  [chat, compressing] = await Promise.all([startChat(), startChat({ CHAT_WS_DEFLATE: 'on' })]);
});
afterAll(() => Promise.all([chat.close(), compressing.close()]));

/** What comes before the end of a connection that says goodbye right behind its only message. */
async function answersTo(url: string, protocol: string[], message: string): Promise<string[]> {
  const ws = new WebSocket(url, protocol);
  const got: string[] = [];
  ws.on('message', (data) => got.push(String(data)));
  await once(ws, 'open');
  ws.send(message);
  ws.close();
  await once(ws, 'close');
  return got;
}

test.each([
  ['JSON', '/ws', [], '{"type":"ping","id":7}', /"pong".*7/],
  ['text', '/ws', ['parley.text.v1'], 'PING', /PONG/],
  ['/echo', '/echo', [], 'hello', /hello/],
])('%s: who closes behind a command is answered first', async (_what, path, protocol, message, answer) => {
  for (const each of [chat, compressing]) {
    const got = await answersTo(each.ws.replace('/ws', path), protocol, message);
    expect(got.join()).toMatch(answer);
  }
});
