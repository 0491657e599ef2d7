import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { frame } from './frame.ts';
import { patience, RawSocket, upgradeRequest } from './raw-socket.ts';
import { chance, times } from './seed.ts';
import { startTarget, type Target } from './target.ts';
import { Witness } from './witness.ts';

let target: Target;
let witness: Witness;

beforeAll(async () => {
  target = await startTarget({
    CHAT_WS_POSTS: '100000',
    CHAT_WS_HANDSHAKES: '50',
    CHAT_WS_HANDSHAKE_MS: '3000',
    PARLEY_TRUSTED_PROXIES: '127.0.0.1',
  });
});
afterAll(() => target.close());

async function beside<T>(attack: () => Promise<T>): Promise<T> {
  witness = await Witness.join(target, `room-${Math.random().toString(36).slice(2)}`);
  const outcome = await attack();
  await witness.check();
  target.checkCalm();
  return outcome;
}

const status = (raw: RawSocket) => Number(/^HTTP\/1\.1 (\d{3})/.exec(raw.http)?.[1] ?? 0);

/** What a request is answered with; the connection ends by itself unless it has become a WebSocket or waits for another request. */
async function answerTo(bytes: Buffer | string): Promise<number> {
  const raw = await RawSocket.connect(target);
  raw.write(bytes);
  await vi.waitFor(() => expect(status(raw) > 0 || raw.isClosed).toBe(true), patience);
  raw.destroy();
  return status(raw);
}

const good = upgradeRequest('/ws', {});

test.each([
  ['no version', good.replace(/Sec-WebSocket-Version.*\r\n/, ''), 400],
  ['a version of the future', good.replace('Version: 13', 'Version: 99'), 400],
  ['a version that is none', good.replace('Version: 13', 'Version: \x7f'), 400],
  ['no key', good.replace(/Sec-WebSocket-Key.*\r\n/, ''), 400],
  ['a key that is none', good.replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'), 400],
  ['two keys', good.replace('\r\n\r\n', '\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'), 400],
  ['another method', good.replace('GET', 'POST'), 405],
  [
    'an offer of another protocol, which is none of a WebSocket',
    good.replace('Upgrade: websocket', 'Upgrade: h2c'),
    404,
  ],
  ['a subprotocol list that is none', upgradeRequest('/ws', { protocol: ', ,,a a' }), 400],
  ['the same subprotocol twice', upgradeRequest('/ws', { protocol: 'parley.json.v1, parley.json.v1' }), 400],
  ['extensions that are none', upgradeRequest('/ws', { headers: ['Sec-WebSocket-Extensions: ;;=,"'] }), 101],
  ['headers beyond measure', upgradeRequest('/ws', { headers: [`X-Long: ${'x'.repeat(100_000)}`] }), 431],
  ['thousands of headers', upgradeRequest('/ws', { headers: Array(5_000).fill('A: b') }), 431],
  ['an origin that is none', upgradeRequest('/ws', { headers: ['Origin: ]['] }), 403],
  [
    'addresses that are none',
    upgradeRequest('/ws', { headers: ['X-Forwarded-For: fe80::1%x, ::ffff:1.2.3.4%y, ,,256.1.1.1, 127.0.0.1'] }),
    101,
  ],
  ['an address with a zone', upgradeRequest('/ws', { headers: ['X-Forwarded-For: fe80::1%x'] }), 101],
  ['a token that is none', upgradeRequest('/ws', { token: '\xff.\x01' }), 400],
  ['a path that is badly encoded', upgradeRequest('/%zz%', {}), 404],
  ['a path that looks like ours', upgradeRequest('/ws/../internal/link', {}), 404],
  ['a link without a token', upgradeRequest('/internal/link', {}), 401],
  ['a link with nonsense for a token', upgradeRequest('/internal/link', { token: 'a.b.c' }), 401],
  ['a body', good.replace('\r\n\r\n', '\r\nContent-Length: 10\r\n\r\n0123456789'), 101],
])('an upgrade with %s', async (_what, request, expected) => {
  const got = await beside(() => answerTo(Buffer.from(request, 'latin1')));
  expect(got).toBe(expected);
});

test('requests that never end, byte by byte, by the hundred, make way for who comes to do something', async () => {
  await beside(async () => {
    const before = await target.metric('parley_chat_limited_total', 'limit="handshakes"');
    const slow = await Promise.all(Array.from({ length: 300 }, () => RawSocket.connect(target)));
    for (let at = 0; at < 30; at++) {
      for (const raw of slow) raw.write(good.slice(at, at + 1));
      await witness.check();
    }
    await vi.waitFor(() => expect(slow.filter(({ isClosed }) => !isClosed).length).toBeLessThanOrEqual(50), patience);
    expect((await target.metric('parley_chat_limited_total', 'limit="handshakes"')) - before).toBeGreaterThanOrEqual(
      250,
    );
    await Promise.all(slow.map((raw) => raw.closed()));
  });
});

test('bodies that never come count like handshakes that never end', async () => {
  await beside(async () => {
    const head = 'POST /api/rooms/x/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
    for (const rest of [
      'Content-Length: 1000\r\n\r\n{"text":',
      'Transfer-Encoding: chunked\r\n\r\n8\r\n{"text":\r\n',
    ]) {
      const slow = await Promise.all(Array.from({ length: 150 }, () => RawSocket.connect(target)));
      for (const raw of slow) raw.write(head + rest);
      await vi.waitFor(() => expect(slow.filter(({ isClosed }) => !isClosed).length).toBeLessThanOrEqual(50), patience);
      await witness.check();
      for (const raw of slow) raw.destroy();
    }
  });
});

test('garbage before, within and behind requests', async () => {
  const random = chance('garbage');
  const requests = [good, 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n', `${good}${good}`];
  await beside(async () => {
    for (let n = 0; n < 60 * times; n++) {
      const bytes = Buffer.from(random.pick(requests));
      const at = random.below(bytes.length);
      const end = bytes.subarray(at + random.below(3));
      const raw = await RawSocket.connect(target);
      raw.write(Buffer.concat([bytes.subarray(0, at), random.bytes(random.below(20)), end]));
      raw.write(frame({ payload: '{"type":"ping"}' }));
      await new Promise((next) => setImmediate(next));
      if (n % 3 === 0) raw.socket.resetAndDestroy();
      else if (n % 3 === 1) raw.socket.end();
      else raw.destroy();
    }
  });
});
