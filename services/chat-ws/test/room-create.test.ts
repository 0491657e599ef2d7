import { expect, test } from 'vitest';
import { restOf } from './rest-calls.ts';
import { startChat } from './start-chat.ts';

test('where users create rooms, a guest comes into those that there are, and makes none', async () => {
  const chat = await startChat({ PARLEY_ROOM_CREATE: 'users' });
  try {
    const rest = restOf(chat);
    const guest = await chat.guest('gus');
    expect(await guest.ask({ type: 'join', room: 'new' })).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
    const user = await rest.login('ada');
    expect(await user.ask({ type: 'join', room: 'new' })).toMatchObject({ type: 'joined', head: 0 });
    expect(await guest.ask({ type: 'join', room: 'new' })).toMatchObject({ type: 'joined', members: 2 });
    expect((await rest.create('ada', 'newer')).status).toBe(201);
  } finally {
    await chat.close();
  }
});

test('where nobody creates rooms, admins do, by joining and over REST; direct rooms are no matter of this', async () => {
  const chat = await startChat({ PARLEY_ROOM_CREATE: 'nobody' });
  try {
    const rest = restOf(chat);
    expect(await rest.create('ada', 'new')).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } });
    const user = await rest.login('ada');
    expect(await user.ask({ type: 'join', room: 'new' })).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
    const direct = { body: { visibility: 'direct', with: 'u_bob' } };
    expect((await rest.call('ada', 'POST', '', direct)).status).toBe(201);
    const admin = await rest.login('root');
    expect(await admin.ask({ type: 'join', room: 'new' })).toMatchObject({ type: 'joined' });
    expect(await user.ask({ type: 'join', room: 'new' })).toMatchObject({ type: 'joined' });
    expect((await rest.create('root', 'newer')).status).toBe(201);
  } finally {
    await chat.close();
  }
});

test('there are CHAT_WS_ROOMS rooms and no more, whoever makes them; one that is deleted makes room', async () => {
  const chat = await startChat({ CHAT_WS_ROOMS: '2' });
  try {
    const rest = restOf(chat);
    const [ada, bob] = [await rest.joined('ada', 'one'), await rest.joined('bob', 'two')];
    expect(await ada.ask({ type: 'join', room: 'three' })).toMatchObject({ type: 'error', code: 'LIMIT_REACHED' });
    expect(await rest.create('carl', 'three')).toMatchObject({ status: 403, body: { code: 'LIMIT_REACHED' } });
    expect(await bob.ask({ type: 'join', room: 'one' })).toMatchObject({ type: 'joined' });
    expect((await rest.call('ada', 'DELETE', '/one')).status).toBe(204);
    expect(await ada.ask({ type: 'join', room: 'three' })).toMatchObject({ type: 'joined' });
  } finally {
    await chat.close();
  }
});
