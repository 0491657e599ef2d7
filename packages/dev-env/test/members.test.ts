import { expect, onTestFinished, test } from 'vitest';
import { type LineClient, openLineClient } from '../src/line-client.ts';
import { startNetwork } from '../src/network.ts';
import { register } from '../src/rest-client.ts';

test('members of a private room over TCP: added, banned, and the room deleted, each at once', async () => {
  const network = await startNetwork();
  onTestFinished(() => network.close());
  const users = network.port('USERS_API_PORT');
  // The first one is an admin; those that matter here are none.
  await register(users, 'root');
  const [ada, ben, eve] = [await register(users, 'ada'), await register(users, 'ben'), await register(users, 'eve')];

  async function rest(method: string, path: string, body?: object): Promise<number> {
    const res = await fetch(`http://127.0.0.1:${network.port('CHAT_WS_PORT')}/api/rooms${path}`, {
      method,
      headers: { authorization: `Bearer ${ada.accessToken}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    await res.arrayBuffer();
    return res.status;
  }
  async function login({ accessToken }: { accessToken: string }): Promise<LineClient> {
    const line = await openLineClient(network.port('GATEWAY_PORT'));
    onTestFinished(() => line.close());
    line.send(`AUTH ${accessToken}`);
    await line.saw(/^AUTH_SUCCESS /);
    return line;
  }

  expect(await rest('POST', '', { name: 'den', visibility: 'private' })).toBe(201);
  expect(await rest('PUT', '/den/members/u_not-there', { role: 'member' })).toBe(404);
  const [first, second] = [await login(ben), await login(eve)];
  first.send('JOIN den');
  await first.saw(/^ERROR NOT_FOUND /);
  for (const { user } of [ben, eve]) expect(await rest('PUT', `/den/members/${user.id}`, { role: 'member' })).toBe(201);
  for (const line of [first, second]) {
    line.send('JOIN den start');
    await line.saw(/^JOINED den /);
  }
  second.send('hello');
  await first.saw(/^MESSAGE den 1 eve hello$/);

  expect(await rest('PUT', `/den/members/${ben.user.id}`, { role: 'banned' })).toBe(200);
  await first.saw(/^LEFT den banned$/);
  second.send('without ben');
  await second.saw(/^MESSAGE den 2 eve without ben$/);
  first.send('POST den may I', 'HISTORY nowhere', 'HELLO');
  await first.saw(/^WORLD$/);
  expect(first.lines.filter((line) => line.startsWith('ERROR NOT_FOUND '))).toHaveLength(3);
  expect(first.lines.filter((line) => line.startsWith('MESSAGE '))).toHaveLength(1);

  expect(await rest('DELETE', '/den')).toBe(204);
  await second.saw(/^LEFT den deleted$/);
  expect(await rest('POST', '', { name: 'den' })).toBe(201);
  second.send('JOIN den start');
  await second.saw(/^JOINED den \S+:0 1$/);
  second.send('a new life');
  await second.saw(/^MESSAGE den 1 eve a new life$/);
});
