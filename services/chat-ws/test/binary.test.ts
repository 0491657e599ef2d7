import type { ServerMessage } from '@parley/common/contracts/chat/server-message';
import { bytesOf, readVectors } from '@parley/common/vectors/read-vectors';
import { binaryTypes, decodeRoomMessage, encodePost } from '@parley/common/wire/binary';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestClient } from './client.ts';
import { binaryJson, readBinary } from './format-client.ts';
import { startChat, type TestChat } from './start-chat.ts';

const vectors = readVectors<{
  posts: { bytes: string; message: { id: number; room: string; data: { base64: string }; key?: string } }[];
  json: { bytes: string; message: { id?: number } }[];
  malformed: { bytes: string; code: string }[];
}>('binary');

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({ CHAT_WS_BAD_MESSAGES: '100', CHAT_WS_MESSAGE_BYTES: '1000' });
});
afterAll(() => chat.close());

function isPosted(id: number, duplicate = false) {
  return (got: ServerMessage): got is Extract<ServerMessage, { type: 'posted' }> =>
    got.type === 'posted' && got.re === id && got.duplicate === duplicate;
}

/** A guest who speaks binary messages, and what it was sent as it was. */
async function binaryGuest(): Promise<{ client: TestClient; raw: Buffer[] }> {
  const raw: Buffer[] = [];
  const read = (data: Buffer, isBinary: boolean) => {
    raw.push(data);
    return readBinary(data, isBinary);
  };
  const client = await chat.client({ protocol: 'parley.binary.v1', read });
  client.send(binaryJson({ type: 'auth', guest: 'ada', id: 'in' }));
  expect(await client.first('auth_success')).toMatchObject({ re: 'in' });
  return { client, raw };
}

test('W6 0x10 posts bytes: answered by its id, 0x11 with the bytes to binary readers, base64 to others', async () => {
  const ada = await binaryGuest();
  const [json, text] = [
    await chat.guest('json'),
    await chat.client({ protocol: 'parley.text.v1', read: () => undefined }),
  ];
  const lines: string[] = [];
  text.ws.on('message', (data) => lines.push(String(data)));
  text.send('NAME text');
  for (const { message } of vectors.posts) {
    for (const client of [ada.client, json]) await client.ask({ type: 'join', room: message.room });
    text.send(`JOIN ${message.room}`);
  }
  await expect.poll(() => lines.length).toBe(1 + vectors.posts.length);
  for (const { bytes, message } of vectors.posts) {
    ada.client.send(bytesOf(bytes));
    const posted = await ada.client.waitFor(isPosted(message.id));
    expect(posted).toMatchObject({ room: message.room, seq: 1, duplicate: false });
    const content = Buffer.from(message.data.base64, 'base64');
    await ada.client.seqs(message.room, 1);
    const [raw] = ada.raw.filter(
      (data) => data[0] === binaryTypes.message && decodeRoomMessage(data).room === message.room,
    );
    expect(decodeRoomMessage(raw!)).toMatchObject({ seq: 1, content, senderId: expect.stringMatching(/^g_/) });
    await json.seqs(message.room, 1);
    expect(json.all('message').find(({ room }) => room === message.room)?.data).toEqual(message.data);
    await expect.poll(() => lines.at(-1)).toMatch(new RegExp(`^MESSAGE ${message.room} 1 \\S+ {"base64":"`));
    if (message.key === undefined) continue;
    ada.client.send(bytesOf(bytes));
    await ada.client.waitFor(isPosted(message.id, true));
  }
});

test('W6 text comes as 0x11 with its UTF-8, everything else as 0x01', async () => {
  const { client, raw } = await binaryGuest();
  await client.ask({ type: 'join', room: 'kinds' });
  const ben = await chat.guestIn('kinds');
  await ben.ask({ type: 'post', room: 'kinds', text: 'grüße' });
  await ben.ask({ type: 'post', room: 'kinds', data: { x: 1 } });
  await client.seqs('kinds', 2);
  const types = raw.map((data) => data[0]);
  // auth_success, joined, ben's presence; the text; the data.
  expect(types).toEqual([1, 1, 1, binaryTypes.message, binaryTypes.json]);
  expect(client.all('message')[0]).toMatchObject({ text: 'grüße', seq: 1 });
  expect(client.all('message')[1]).toMatchObject({
    data: { x: 1 },
    seq: 2,
    from: { name: expect.stringMatching(/^guest-/) },
  });
  expect(client.all('message')[0]?.at).toBe(ben.all('message')[0]?.at);
});

test('W6 JSON is understood as 0x01, bare in a binary message, and in a text message', async () => {
  const { client } = await binaryGuest();
  for (const [index, { bytes }] of vectors.json.entries()) {
    client.send(bytesOf(bytes));
    await expect.poll(() => client.all('pong').length).toBe(index + 1);
  }
  expect(client.all('pong').map(({ re }) => re)).toEqual(vectors.json.map(({ message }) => message.id));
  expect(await client.ask({ type: 'ping' })).toMatchObject({ type: 'pong' });
});

test('W6 what is malformed is answered with what is wrong, and with its id where there is one', async () => {
  const { client } = await binaryGuest();
  for (const { bytes } of vectors.malformed) client.send(bytesOf(bytes));
  await client.ask({ type: 'ping' });
  expect(client.all('error').map(({ code }) => code)).toEqual(vectors.malformed.map(({ code }) => code));
  client.send(encodePost({ id: 77, room: 'No Room', content: Buffer.of(1) }));
  client.send(binaryJson({ type: 'dance', id: 'd' }));
  client.send(encodePost({ id: 78, room: 'kinds', content: Buffer.alloc(1_000) }));
  await client.ask({ type: 'ping' });
  expect(client.all('error').slice(-3)).toMatchObject([
    { re: 77, code: 'BAD_MESSAGE' },
    { re: 'd', code: 'UNKNOWN_TYPE' },
    { re: 78, code: 'TOO_LARGE' },
  ]);
});
