import { expect, test } from 'vitest';
import { LineClient } from './line-client.ts';
import { startGateway } from './start-gateway.ts';

test('T2 lines: HELLO, PING, HELP, QUIT and the echo need no login, in any case', async () => {
  const { port } = await startGateway();
  const client = await LineClient.connect(port);
  client.type('HELLO', 'hello\r', 'Ping', 'PING  a  b', 'what is this?', '', '/hello', 'help');
  expect(await client.lines(7)).toEqual([
    'WORLD',
    'WORLD',
    'PONG',
    'PONG  a  b',
    'ECHO: what is this?',
    'ECHO: ',
    'WORLD',
  ]);
  const help = await client.lines(7);
  expect(help.slice(0, -1).every((line) => line.startsWith('HELP '))).toBe(true);
  expect(help.at(-1)).toBe('END');
  client.type('quit', 'HELLO');
  expect((await client.rest()).endsWith('END\nBYE\n')).toBe(true);
});

test('T2 a last line without its end is a line', async () => {
  const { port } = await startGateway();
  const client = await LineClient.connect(port);
  client.socket.end('HELLO\nsome words');
  expect(await client.rest()).toBe('WORLD\nECHO: some words\n');
});

test('every command of a logged-in client', async () => {
  const { port, chat } = await startGateway();
  const client = await LineClient.connect(port);
  expect(await client.ask('NAME Ada L')).toBe('AUTH_SUCCESS guest-Ada L-1');
  expect(await client.ask('JOIN lobby')).toBe('JOINED lobby e1:0 1');
  client.type('hello', 'msg: x', 'MSG HELLO', '//slash', '/ping x', 'POST other a b');
  expect(await client.saying('POSTED', 5)).toEqual([
    'POSTED lobby e1:1',
    'POSTED lobby e1:2',
    'POSTED lobby e1:3',
    'POSTED lobby e1:4',
    'POSTED other e1:1',
  ]);
  expect(await client.saying('MESSAGE', 4)).toEqual([
    'MESSAGE lobby 1 guest-Ada L-1 hello',
    'MESSAGE lobby 2 guest-Ada L-1 msg: x',
    'MESSAGE lobby 3 guest-Ada L-1 HELLO',
    'MESSAGE lobby 4 guest-Ada L-1 /slash',
  ]);
  await client.lines(10);
  client.type('HISTORY 2', '/who', 'ROOMS', 'LEAVE', 'hello');
  expect(await client.lines(10)).toEqual([
    'PAST lobby 3 guest-Ada L-1 HELLO',
    'PAST lobby 4 guest-Ada L-1 /slash',
    'END',
    'MEMBER lobby guest-Ada L-1',
    'END',
    'ROOM lobby 1',
    'ROOM other 0',
    'END',
    'LEFT lobby',
    'WORLD',
  ]);
  chat.post('lobby', 'not for me');
  expect(await client.ask('HELLO')).toBe('WORLD');
});

test('JOIN gives what was missed, from a position or from the start, and moves when it is repeated', async () => {
  const { port, chat } = await startGateway();
  chat.post('lobby', 'one', 'two', 'three');
  const client = await LineClient.connect(port);
  client.type('NAME ada', 'JOIN lobby e1:1');
  expect(await client.lines(4)).toEqual([
    'AUTH_SUCCESS guest-ada-1',
    'JOINED lobby e1:3 1',
    'MESSAGE lobby 2 else two',
    'MESSAGE lobby 3 else three',
  ]);
  client.type('JOIN lobby start');
  expect(await client.lines(4)).toEqual([
    'JOINED lobby e1:3 1',
    'MESSAGE lobby 1 else one',
    'MESSAGE lobby 2 else two',
    'MESSAGE lobby 3 else three',
  ]);
  chat.post('lobby', 'four');
  expect(await client.line()).toBe('MESSAGE lobby 4 else four');
  client.type('JOIN lobby old:7');
  expect((await client.lines(5))[1]).toBe('MESSAGE lobby 1 else one');
  expect(await client.ask('JOIN lobby')).toBe('JOINED lobby e1:4 1');
  chat.post('lobby', 'five');
  expect(await client.line()).toBe('MESSAGE lobby 5 else five');
});

test('what was trimmed behind a position is told as a gap', async () => {
  const { port, chat } = await startGateway();
  chat.post('lobby', '1', '2', '3', '4');
  chat.room('lobby').trim(4);
  const client = await LineClient.connect(port);
  client.type('NAME ada', 'JOIN lobby e1:1');
  expect((await client.lines(4)).slice(1)).toEqual(['JOINED lobby e1:4 1', 'GAP lobby 2 3', 'MESSAGE lobby 4 else 4']);
});

test('the current room is the one joined last and not left since', async () => {
  const { port } = await startGateway();
  const client = await LineClient.in(port, 'a');
  client.type('JOIN b', 'in b', 'LEAVE b', 'in a');
  await client.saying('POSTED', 2);
  expect(client.all.filter((line) => /^(JOINED|POSTED|LEFT)/.test(line)).slice(1)).toEqual([
    'JOINED b e1:0 1',
    'POSTED b e1:1',
    'LEFT b',
    'POSTED a e1:1',
  ]);
});

test('AUTH with a token, and again to refresh it; a wrong one ends the connection', async () => {
  const { port } = await startGateway();
  const ada = await LineClient.connect(port);
  expect(await ada.ask('auth token-ada')).toBe('AUTH_SUCCESS ada');
  expect(await ada.ask('AUTH token-newer')).toBe('AUTH_SUCCESS ada');
  expect(await ada.ask('AUTH nonsense')).toMatch(/^ERROR UNAUTHENTICATED /);
  expect(await ada.ask('HELLO')).toBe('WORLD');
  const eve = await LineClient.connect(port);
  eve.type('AUTH nonsense', 'HELLO');
  expect(await eve.rest()).toMatch(/^AUTH_FAILED [^\n]+\n$/);
});

test('RESUME with a ticket, which may be longer than other lines', async () => {
  const { port } = await startGateway({ GATEWAY_MAX_LINE_BYTES: '64' });
  const client = await LineClient.connect(port);
  const name = 'a'.repeat(60);
  expect(await client.ask(`RESUME ticket-u_1-${name}`)).toBe(`AUTH_SUCCESS ${name}`);
  expect(await client.ask('x'.repeat(65))).toMatch(/^ERROR TOO_LARGE /);
});

test('before a login, chat commands are refused, and nothing of them reaches chat-ws', async () => {
  const { port, chat } = await startGateway();
  const client = await LineClient.connect(port);
  for (const command of ['JOIN lobby', 'POST lobby x', 'WHO lobby', 'HISTORY lobby', 'ROOMS', 'LEAVE lobby']) {
    expect(await client.ask(command)).toMatch(/^ERROR UNAUTHENTICATED /);
  }
  expect(chat.got).toEqual([]);
});

test('after the time to log in, HELLO, PING, HELP, QUIT and the echo go on, a login does not', async () => {
  const { port } = await startGateway({ GATEWAY_LOGIN_MS: '30' });
  const client = await LineClient.connect(port);
  const openedAt = performance.now();
  while (performance.now() - openedAt < 40) expect(await client.ask('HELLO')).toBe('WORLD');
  expect(await client.ask('NAME ada')).toMatch(/^ERROR UNAUTHENTICATED The time to log in is over/);
  expect(await client.ask('HELLO')).toBe('WORLD');
  expect(await client.ask('words')).toBe('ECHO: words');
});

test('WHO asks for all pages', async () => {
  const { port, chat } = await startGateway();
  const { members } = chat.room('lobby');
  for (let n = 1; n <= 249; n++) members.set(`u_${n}`, { id: `u_${n}`, name: `user-${n}`, guest: false });
  const client = await LineClient.in(port, 'lobby');
  client.type('WHO');
  const lines = await client.lines(251);
  expect(new Set(lines.slice(0, 250)).size).toBe(250);
  expect(lines[250]).toBe('END');
});

test('a dialogue gives the same answers however its bytes are split', async () => {
  const { port } = await startGateway();
  const script = Buffer.from('HELLO\r\nNAME zoë\nJOIN lobby\nhej då\n/leave\nbye\nQUIT\n');
  const answers = new Set<string>();
  for (let at = 1; at < script.length; at += 1) {
    const client = await LineClient.connect(port);
    client.socket.write(script.subarray(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    client.socket.write(script.subarray(at));
    const said = (await client.rest()).replace(/guest-zoë-\d+/g, 'zoë').replace(/e1:\d+ \d+/, 'e1:…');
    answers.add(said.replace(/^MESSAGE.*\n/m, '').replace(/e1:\d+/, 'e1:…'));
  }
  expect([...answers]).toEqual([
    'WORLD\nAUTH_SUCCESS zoë\nJOINED lobby e1:…\nPOSTED lobby e1:…\nLEFT lobby\nECHO: bye\nBYE\n',
  ]);
});

test('answers come in the order of the commands, also when chat-ws answers in another', async () => {
  const { port, chat } = await startGateway();
  const client = await LineClient.in(port, 'lobby');
  const held: (() => void)[] = [];
  chat.intercept = (message, link) => {
    if (message.t !== 'in' || !JSON.stringify(message.m).includes('"post"')) return false;
    held.unshift(() => link.take(message));
    if (held.length === 3) for (const take of held) take();
    return true;
  };
  client.type('POST a 1', 'HELLO', 'POST b 2', '/ping', 'POST c 3', 'WHO a', 'PING x');
  expect(await client.lines(7)).toEqual([
    'POSTED a e1:1',
    'WORLD',
    'POSTED b e1:1',
    'PONG',
    'POSTED c e1:1',
    'END',
    'PONG x',
  ]);
});
