import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { patience, range, type TestClient } from './client.ts';
import { startChat, type TestChat } from './start-chat.ts';

let chat: TestChat;
beforeAll(async () => {
  chat = await startChat({
    CHAT_WS_POSTS: '1000000',
    CHAT_WS_BEHIND_BYTES: '65536',
    CHAT_WS_TAIL_BYTES: '1000000',
    CHAT_WS_WAITING_POSTS: '100000',
    CHAT_WS_TYPING_EVERY_MS: '1',
  });
});
afterAll(() => chat.close());

const text = 'x'.repeat(30_000);

test('W11 a slow reader costs a cursor: others are not slowed, and in the end it has everything, in order', async () => {
  const [ada, ben, slow] = await Promise.all([chat.guestIn('busy'), chat.guestIn('busy'), chat.guestIn('busy')]);
  slow.ws.pause();
  const count = 800;
  // 24 MB: more than the kernel keeps for a socket whose other end does not read.
  for (let n = 0; n < count; n += 20) {
    for (const _ of range(1, 20)) ada.send({ type: 'post', room: 'busy', text });
    await ben.seqs('busy', n + 20);
  }
  expect(await ben.seqs('busy', count)).toEqual(range(1, count));
  expect(await chat.metric('parley_chat_behind')).toBe(1);
  expect(await chat.metric('parley_chat_lag_max')).toBeGreaterThan(0);
  expect(await chat.metric('parley_chat_tail_bytes')).toBeLessThan(1_100_000);
  expect(slow.all('message').length).toBeLessThan(count);
  // What is not in the log is told to those who keep up, and is not kept for who does not.
  const passer = await chat.guestIn('busy', 'passer');
  passer.send({ type: 'typing', room: 'busy' });
  await ben.first('typing');
  await passer.close();
  const ofPasser = (client: TestClient) =>
    client.all('presence').filter((told) => told.user?.name.startsWith('guest-passer-'));
  await vi.waitFor(() => expect(ofPasser(ben)).toMatchObject([{ event: 'join' }, { event: 'leave' }]), patience);

  slow.ws.resume();
  expect(await slow.seqs('busy', count)).toEqual(range(1, count));
  await vi.waitFor(async () => expect(await chat.metric('parley_chat_behind')).toBe(0), patience);
  // Live again, on the same connection.
  await ada.ask({ type: 'post', room: 'busy', text: 'the end' });
  expect((await slow.seqs('busy', count + 1)).at(-1)).toBe(count + 1);
  expect(slow.all('gap')).toEqual([]);
  expect([...slow.all('typing'), ...ofPasser(slow)]).toEqual([]);
  ada.send({ type: 'typing', room: 'busy' });
  await slow.first('typing');
}, 60_000);

test('who asks and does not read costs no more than one answer, and gets them all when it reads again', async () => {
  const ada = await chat.guestIn('asking');
  for (const _ of range(1, 20)) await ada.ask({ type: 'post', room: 'asking', text });
  const slow = await chat.guest('slow');
  slow.ws.pause();
  const count = 200;
  for (const id of range(1, count)) slow.send({ type: 'history', id, room: 'asking' });
  // The log is read for one request after the other: by the end of this, as many of the slow one's could have been.
  for (const _ of range(1, 40)) await ada.ask({ type: 'history', room: 'asking' });
  expect(await chat.metric('parley_chat_unsent_bytes')).toBeLessThan(3_000_000);
  slow.ws.resume();
  await vi.waitFor(() => expect(slow.all('history')).toHaveLength(count), { ...patience, timeout: 40_000 });
  expect(slow.all('history').map(({ re }) => re)).toEqual(range(1, count));
}, 60_000);
