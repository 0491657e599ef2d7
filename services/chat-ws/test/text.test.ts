import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { readVectors } from '@parley/common/vectors/read-vectors';
import { formatEcho, formatPong, helloAnswer, helpAnswer } from '@parley/common/wire/text-answers';
import type { TextCommand } from '@parley/common/wire/text-commands';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { range } from './client.ts';
import { LineClient } from './line-client.ts';
import { startChat, type TestChat } from './start-chat.ts';

const { commands } = readVectors<{
  commands: { line: string; room: string | null; command?: TextCommand; error?: string }[];
}>('text-commands');

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_POSTS: '1000000', CHAT_WS_BAD_MESSAGES: '200', CHAT_WS_ROOMS_PER_CONNECTION: '3' });
});
afterAll(() => chat.close());

test('W4 every command, one answer a message, without a line end', async () => {
  const ada = await LineClient.open(chat);
  expect(ada.client.ws.protocol).toBe('parley.text.v1');
  expect(await ada.ask('hello')).toBe('WORLD');
  expect(await ada.ask('PING a  b\n')).toBe('PONG a  b');
  expect(await ada.ask('what is this?\r\n')).toBe('ECHO: what is this?');
  const name = (await ada.ask('NAME Ada'))?.slice('AUTH_SUCCESS '.length);
  expect(name).toMatch(/^guest-ada-/);
  const joined = await ada.ask('JOIN w4');
  const [, epoch] = /^JOINED w4 (\S+):0 1$/.exec(joined ?? '') ?? [];
  ada.say('hello there', 'MSG HELLO', '//x', 'POST w4 a b');
  expect(await ada.saying('POSTED', 4)).toEqual(range(1, 4).map((n) => `POSTED w4 ${epoch}:${n}`));
  expect(await ada.saying('MESSAGE', 4)).toEqual([
    `MESSAGE w4 1 ${name} hello there`,
    `MESSAGE w4 2 ${name} HELLO`,
    `MESSAGE w4 3 ${name} /x`,
    `MESSAGE w4 4 ${name} a b`,
  ]);
  await ada.next(8);
  ada.say('HISTORY 2', '/who', 'ROOMS', 'LEAVE', 'LEAVE w4', 'hello');
  expect(await ada.next(9)).toEqual([
    `PAST w4 3 ${name} /x`,
    `PAST w4 4 ${name} a b`,
    'END',
    `MEMBER w4 ${name}`,
    'END',
    'ROOM w4 1',
    'END',
    'LEFT w4',
    expect.stringMatching(/^ERROR NOT_JOINED /),
  ]);
  expect(await ada.next(1)).toEqual(['WORLD']);
  expect(await ada.ask(`JOIN w4 ${epoch}:3`)).toBe(`JOINED w4 ${epoch}:4 1`);
  expect(await ada.next(1)).toEqual([`MESSAGE w4 4 ${name} a b`]);
});

test('W4 several lines in a message are several commands, answered in their order', async () => {
  const ada = await LineClient.open(chat);
  ada.say('NAME ada\nJOIN many\none\nHELLO\r\ntwo\nHISTORY\n\nPING\nQUIT\nHELLO');
  expect((await ada.client.closed).code).toBe(1000);
  const answers = ada.lines.filter((line) => !line.startsWith('MESSAGE')).map((line) => line.split(' ')[0]);
  expect(answers).toEqual('AUTH_SUCCESS JOINED POSTED WORLD POSTED PAST PAST END POSTED PONG BYE'.split(' '));
});

test('W4 the vectors: what needs no login, and what is wrong', async () => {
  const client = await LineClient.open(chat);
  const free = { hello: helloAnswer, help: helpAnswer };
  for (const { line, room, command } of commands) {
    if (room !== null || command === undefined || command.kind === 'message' || command.kind === 'quit') continue;
    if (command.kind === 'rooms') continue;
    client.say(line);
    const answer =
      command.kind === 'echo'
        ? formatEcho(command.line)
        : command.kind === 'ping'
          ? formatPong(command.text)
          : free[command.kind];
    const expected = answer.slice(0, -1).split('\n');
    expect(await client.next(expected.length)).toEqual(expected);
  }
  const [outside, inside] = [await LineClient.open(chat), await LineClient.in(chat, 'lobby')];
  outside.say('NAME out');
  await outside.next(1);
  for (const { line, room, error } of commands) {
    if (error === undefined) continue;
    expect(await (room === null ? outside : inside).ask(line)).toMatch(new RegExp(`^ERROR ${error} .`));
  }
});

test('W4 the vectors: what is posted in a room', async () => {
  const ada = await LineClient.in(chat, 'lobby');
  const ben = await chat.guest('ben');
  await ben.ask({ type: 'join', room: 'lobby' });
  const posts = commands.flatMap(({ line, room, command }) =>
    room === 'lobby' && command?.kind === 'message' && command.message.type === 'post' && command.message.room === room
      ? [{ line, text: command.message.text }]
      : [],
  );
  ada.say(...posts.map(({ line }) => line));
  await ben.seqs('lobby', posts.length);
  expect(ben.all('message').map(({ text }) => text)).toEqual(posts.map(({ text }) => text));
});

test('W4 before a login only HELLO, PING, HELP, QUIT and the echo go on', async () => {
  const client = await LineClient.open(chat);
  for (const line of ['JOIN lobby', 'POST lobby x', 'ROOMS', 'HISTORY lobby']) {
    expect(await client.ask(line)).toMatch(/^ERROR UNAUTHENTICATED /);
  }
  client.say('QUIT');
  expect(await client.next(1)).toEqual(['BYE']);
  expect(await client.client.closed).toEqual({ code: 1000, reason: 'bye' });
});

test('W4 AUTH logs in, AUTH again refreshes, RESUME takes a ticket of another connection over', async () => {
  const token = chat.usersApi.token({ id: 'u_w4', name: 'ada' });
  const ada = await LineClient.open(chat);
  expect(await ada.ask(`AUTH ${token}`)).toBe('AUTH_SUCCESS ada');
  expect(await ada.ask(`AUTH ${chat.usersApi.token({ id: 'u_w4', name: 'ada', expiresIn: 1_000 })}`)).toBe(
    'AUTH_SUCCESS ada',
  );
  expect(await ada.ask(`AUTH ${chat.usersApi.token({ id: 'u_other', name: 'ben' })}`)).toMatch(/^ERROR FORBIDDEN /);
  expect(await ada.ask('PING')).toBe('PONG');
  const json = await chat.client();
  const { ticket } = await json.ask<'auth_success'>({ type: 'auth', token });
  const again = await LineClient.open(chat);
  expect(await again.ask(`RESUME ${ticket}`)).toBe('AUTH_SUCCESS ada');
  expect((await json.closed).code).toBe(1000);
  const bad = await LineClient.open(chat);
  expect(await bad.ask('AUTH nonsense')).toMatch(/^AUTH_FAILED ./);
  expect((await bad.client.closed).code).toBe(4401);
});

test('W4 a token on the upgrade request: what is typed at once waits for the login', async () => {
  const headers = { authorization: `Bearer ${chat.usersApi.token({ name: 'ada' })}` };
  const ada = await LineClient.open(chat, { headers });
  ada.say('JOIN upgraded');
  expect(await ada.next(2)).toEqual(['AUTH_SUCCESS ada', expect.stringMatching(/^JOINED upgraded /)]);
});

test('W4 the current room is the one joined last and not left; what is pushed stands between answers', async () => {
  const ada = await LineClient.in(chat, 'first');
  expect(await ada.ask('JOIN second')).toMatch(/^JOINED second /);
  expect(await ada.ask('JOIN first')).toMatch(/^JOINED first /);
  ada.say('to first');
  expect(await ada.saying('MESSAGE', 1)).toEqual([expect.stringMatching(/^MESSAGE first 1 \S+ to first$/)]);
  ada.say('LEAVE', 'to second');
  await ada.saying('LEFT', 1);
  expect((await ada.saying('MESSAGE', 2))[1]).toMatch(/^MESSAGE second 1 \S+ to second$/);
  const ben = await LineClient.in(chat, 'second');
  expect((await ada.saying('PRESENCE', 1))[0]).toMatch(/^PRESENCE second join guest-ada-/);
  await ben.client.close();
  expect((await ada.saying('PRESENCE', 2))[1]).toMatch(/^PRESENCE second leave guest-ada-/);
  expect(ada.lines.filter((line) => line.startsWith('TICKET'))).toEqual([]);
});

test('W4 the drain brings the ticket, which is not pushed otherwise', async () => {
  const other = await startChat({ CHAT_WS_TICKET_EVERY_MS: '20', CHAT_WS_DRAIN_GRACE_MS: '50' });
  try {
    const ada = await LineClient.in(other, 'drain');
    const json = await other.guest('json');
    await json.first('ticket');
    await json.first('ticket');
    expect(await ada.ask('PING')).toBe('PONG');
    const stopped = other.stop();
    const [line] = await ada.saying('DRAIN', 1);
    const [, ms, ticket] = line?.split(' ') ?? [];
    expect(Number(ms)).toBeGreaterThanOrEqual(0);
    expect(await ada.saying('TICKET', 1)).toEqual([`TICKET ${ticket}`]);
    expect((await ada.client.closed).code).toBe(1012);
    await stopped;
  } finally {
    await other.close();
  }
});

test('W4 limits: long lines, large messages, binary messages; too many of them end the connection', async () => {
  const other = await startChat({
    CHAT_WS_LINE_BYTES: '100',
    CHAT_WS_MESSAGE_BYTES: '6000',
    CHAT_WS_BAD_MESSAGES: '4',
    CHAT_WS_COMMANDS: '20',
    CHAT_WS_POSTS_WINDOW_MS: '60000',
  });
  try {
    const ada = await LineClient.in(other, 'limits');
    ada.say(`${'x'.repeat(101)}\nshort`, 'y'.repeat(6_001));
    const answers = async () => ada.lines.filter((line) => !line.startsWith('MESSAGE')).slice(2);
    await ada.saying('ERROR', 2);
    expect(await answers()).toEqual([
      expect.stringMatching(/^ERROR TOO_LARGE The line/),
      expect.stringMatching(/^POSTED /),
      expect.stringMatching(/^ERROR TOO_LARGE The message/),
    ]);
    ada.client.send(Buffer.from('HELLO'));
    expect((await ada.saying('ERROR', 3))[2]).toMatch(/^ERROR BAD_MESSAGE /);
    ada.say('/one', '/too many', 'HELLO');
    expect(await ada.client.closed).toEqual({ code: 4400, reason: 'too many bad messages' });
    expect(await ada.saying('ERROR', 5)).toHaveLength(5);

    const ben = await LineClient.open(other);
    for (const _ of range(1, 20)) expect(await ben.ask('HELLO')).toBe('WORLD');
    for (const line of ['HELLO', 'PING', 'what?', 'HELP']) expect(await ben.ask(line)).toMatch(/^ERROR RATE_LIMITED /);
    expect(ben.client.ws.readyState).toBe(ben.client.ws.OPEN);
  } finally {
    await other.close();
  }
});

test('W4 no login in time closes with 4401, whatever else was said', async () => {
  const other = await startChat({ CHAT_WS_AUTH_MS: '300' });
  try {
    const client = await LineClient.open(other);
    expect(await client.ask('HELLO')).toBe('WORLD');
    expect(await client.client.closed).toEqual({ code: 4401, reason: 'no auth in time' });
  } finally {
    await other.close();
  }
});

test('W4 who asks in bulk and does not read is not read from, and gets every answer when it reads again', async () => {
  const other = await startChat({ CHAT_WS_BEHIND_BYTES: '65536', CHAT_WS_COMMANDS: '1000000' });
  try {
    const slow = await LineClient.in(other, 'bulk');
    slow.client.ws.pause();
    // 60 KB of lines that ask for some 80 times as much.
    const lines = 8_000;
    for (const _ of range(1, 4)) slow.say('/HELP\n'.repeat(lines));
    const ada = await other.guest('ada');
    for (const _ of range(1, 200)) await ada.ask({ type: 'ping' });
    expect(await other.metric('parley_chat_unsent_bytes')).toBeLessThan(1_000_000);
    slow.client.ws.resume();
    await slow.saying('END', 4 * lines);
    expect(await slow.saying('END', 4 * lines)).toHaveLength(4 * lines);
  } finally {
    await other.close();
  }
}, 60_000);

test('W4 while the database is stuck, a client with much under way is not read from; then all of it is posted in order', async () => {
  const other = await startChat({ CHAT_WS_POSTS: '1000000', CHAT_WS_MESSAGE_BYTES: '65536' });
  const database = new DatabaseSync(join(other.dataDir, 'chat', 'chat.sqlite'));
  try {
    const ada = await LineClient.in(other, 'stuck');
    const ben = await other.guestIn('stuck');
    database.exec('BEGIN IMMEDIATE');
    // 12 MB: more than the kernel keeps for a socket that is not read from.
    const lines = 1_600;
    for (const n of range(1, lines / 8))
      ada.say(
        range(1, 8)
          .map((m) => `${n} ${m} ${'x'.repeat(7_500)}\n`)
          .join(''),
      );
    for (const _ of range(1, 300)) await ben.ask({ type: 'ping' });
    expect(ada.client.ws.bufferedAmount).toBeGreaterThan(1_000_000);
    expect(await other.metric('parley_chat_pending_posts')).toBeLessThanOrEqual(64);
    database.exec('ROLLBACK');
    await ben.seqs('stuck', lines);
    const order = range(1, lines / 8).flatMap((n) => range(1, 8).map((m) => `${n} ${m} `));
    expect(ben.all('message').map(({ text = '' }) => text.slice(0, text.indexOf('x')))).toEqual(order);
  } finally {
    database.close();
    await other.close();
  }
}, 60_000);
