import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { patience, range, TestClient } from './client.ts';
import { startChat } from './start-chat.ts';
import { startProcess } from './start-process.ts';

/** What a handshake that is refused is answered. */
async function refusalOf(url: string): Promise<{ status: number; retryAfter: number }> {
  const { ws } = new TestClient(url);
  const [, res] = await once(ws, 'unexpected-response');
  ws.terminate();
  return { status: res.statusCode, retryAfter: Number(res.headers['retry-after']) };
}

test('few descriptors: who is one too many gets 503 and when to come back, those who are in are served, and so is REST', async () => {
  const chat = await startProcess({ CHAT_WS_CONNECTIONS_PER_ADDRESS: '1000' }, { descriptors: 260 });
  const clients: TestClient[] = [];
  try {
    // 200 of them are kept for other things.
    for (const _ of range(1, 60)) clients.push(await TestClient.open(chat.ws));
    for (const _ of range(1, 100)) expect(await refusalOf(chat.ws)).toEqual({ status: 503, retryAfter: 5 });
    // Connections that never say anything do not take the places of those who do.
    const silent = range(1, 300).map(() => connect(Number(new URL(chat.http).port), '127.0.0.1'));
    for (const socket of silent) socket.on('error', () => {}).resume();
    await vi.waitFor(() => expect(silent.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(250), patience);
    expect(await refusalOf(chat.ws)).toEqual({ status: 503, retryAfter: 5 });
    expect((await fetch(`${chat.http}/readyz`)).status).toBe(200);
    const [ada, ben] = clients as [TestClient, TestClient];
    for (const client of [ada, ben]) {
      await client.ask({ type: 'auth', guest: 'guest' });
      await client.ask({ type: 'join', room: 'crowd' });
    }
    expect(await ada.ask({ type: 'post', room: 'crowd', text: 'still here' })).toMatchObject({ type: 'posted' });
    expect(await ben.seqs('crowd', 1)).toEqual([1]);
    const metrics = await (await fetch(`${chat.http}/metrics`)).text();
    expect(metrics).toMatch(/parley_chat_limited_total\{[^}]*limit="connections"[^}]*\} 101\n/);

    await ben.close();
    await vi.waitFor(async () => clients.push(await TestClient.open(chat.ws)), patience);
    for (const socket of silent) socket.destroy();
  } finally {
    for (const { ws } of clients) ws.terminate();
    await chat.close();
  }
}, 60_000);

test('a handshake that takes too long is ended', async () => {
  const chat = await startChat({ CHAT_WS_HANDSHAKE_MS: '200' });
  try {
    const ada = await chat.guestIn('calm');
    const slow = connect(Number(new URL(chat.http).port), '127.0.0.1');
    slow.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: webs');
    await once(slow.resume(), 'close');
    expect(await ada.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
  } finally {
    await chat.close();
  }
});

test('connections that are kept open after a request make way as well', async () => {
  const chat = await startChat({ CHAT_WS_HANDSHAKES: '5' });
  try {
    const ada = await chat.guestIn('calm');
    const idle: Socket[] = [];
    for (const _ of range(1, 20)) {
      const socket = connect(Number(new URL(chat.http).port), '127.0.0.1');
      socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
      await once(socket, 'data');
      idle.push(socket.on('error', () => {}).resume());
    }
    // Long before they would be closed for having been idle for 5 s.
    await vi.waitFor(() => expect(idle.filter(({ closed }) => closed).length).toBeGreaterThanOrEqual(15), {
      timeout: 3_000,
      interval: 5,
    });
    expect(idle.at(-1)?.closed).toBe(false);
    expect(await ada.ask({ type: 'post', room: 'calm', text: 'still here' })).toMatchObject({ type: 'posted' });
    for (const socket of idle) socket.destroy();
  } finally {
    await chat.close();
  }
});

test('handshakes that are not finished make way for those that come, and harm no connection', async () => {
  const chat = await startChat({ CHAT_WS_HANDSHAKES: '5' });
  const slow: Socket[] = [];
  try {
    const ada = await chat.guestIn('calm');
    for (const _ of range(1, 20)) {
      const socket = connect(Number(new URL(chat.http).port), '127.0.0.1');
      slow.push(socket.on('error', () => {}).resume());
      await once(socket, 'connect');
      socket.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: webs');
    }
    await vi.waitFor(
      () => expect(slow.map(({ closed }) => closed)).toEqual(range(1, 20).map((n) => n <= 15)),
      patience,
    );
    const ben = await chat.guestIn('calm');
    expect(await ben.ask({ type: 'post', room: 'calm', text: 'hello' })).toMatchObject({ type: 'posted' });
    expect(await ada.seqs('calm', 1)).toEqual([1]);
    expect(await chat.metric('parley_chat_limited_total', 'limit="handshakes"')).toBeGreaterThanOrEqual(15);
    expect(ada.ws.readyState).toBe(ada.ws.OPEN);
  } finally {
    for (const socket of slow) socket.destroy();
    await chat.close();
  }
});
