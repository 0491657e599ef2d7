import { type ExecFileException, execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { patience, startGateway } from './start-gateway.ts';

const hasNetcat = await new Promise<boolean>((resolve) => {
  execFile('nc', ['-h'], (err: ExecFileException | null) => resolve(err?.code !== 'ENOENT'));
});
if (!hasNetcat && process.env.PARLEY_TEST_REQUIRE_SERVICES === '1') throw new Error('nc is not installed');

/** What `printf … | nc -N` prints. */
function netcat(port: number, input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile('nc', ['-N', '127.0.0.1', String(port)], { timeout: 10_000 }, (err, stdout) =>
      err ? reject(err) : resolve(stdout),
    );
    child.stdin?.end(input);
  });
}

test.skipIf(!hasNetcat)('T11 netcat gets the answers to all it has sent, its own messages too', async () => {
  const { port, chat } = await startGateway();
  chat.post('lobby', 'before');
  expect(await netcat(port, 'HELLO\nNAME ada\nJOIN lobby start\nhello there\nQUIT')).toMatch(
    /^WORLD\nAUTH_SUCCESS guest-ada-1\nJOINED lobby e1:1 1\n/,
  );
  const said = await netcat(port, 'NAME bob\nJOIN lobby start\nlast words');
  expect(said.split('\n').filter((line) => !line.startsWith('MESSAGE'))).toEqual([
    'AUTH_SUCCESS guest-bob-2',
    'JOINED lobby e1:2 2',
    'POSTED lobby e1:3',
    '',
  ]);
  expect(said.match(/^MESSAGE.*$/gm)).toEqual([
    'MESSAGE lobby 1 else before',
    'MESSAGE lobby 2 guest-ada-1 hello there',
    'MESSAGE lobby 3 guest-bob-2 last words',
  ]);
});

test('T11 answers that take a while still come', async () => {
  const { port, chat } = await startGateway();
  const held: (() => void)[] = [];
  chat.intercept = (message, link) => {
    if (message.t !== 'in' || !JSON.stringify(message.m).includes('"post"')) return false;
    held.push(() => link.take(message));
    return true;
  };
  const client = await LineClient.in(port, 'lobby');
  client.socket.end('one\ntwo\n');
  await expect.poll(() => held.length, patience).toBe(2);
  expect(client.isEnded).toBe(false);
  for (const take of held) take();
  expect((await client.rest()).match(/^POSTED.*$/gm)).toEqual(['POSTED lobby e1:1', 'POSTED lobby e1:2']);
});

test('T11 what cannot be answered ends after its time', async () => {
  const { port, chat } = await startGateway({ GATEWAY_HALF_CLOSED_MS: '60' });
  const client = await LineClient.in(port, 'lobby');
  chat.intercept = () => true;
  client.socket.end('one\n');
  await client.rest();
  expect(client.all.filter((line) => line.startsWith('POSTED'))).toEqual([]);
});

test('T11 frames: a cut-off frame is nothing', async () => {
  const { port } = await startGateway();
  const client = await FrameClient.connect(port);
  client.send({ type: 'auth', id: 1, guest: 'ada' }, { type: 'ping', id: 2 });
  client.socket.end(Buffer.of(0, 0, 0, 9, 1));
  await client.closed;
  expect(client.got.map(({ type }) => type)).toEqual(['auth_success', 'pong']);
});

test('a client that does not close its side is closed', async () => {
  const { port, chat } = await startGateway({ GATEWAY_CLOSE_MS: '30' });
  const client = await LineClient.in(port, 'lobby');
  client.type('QUIT');
  await client.rest();
  await expect.poll(() => chat.all('end').length, patience).toBe(1);
  // It goes on writing until it is told that nobody is there.
  const typing = setInterval(() => client.socket.write('HELLO\n'), 5);
  await client.closed;
  clearInterval(typing);
  expect(client.all.at(-1)).toBe('BYE');
});
