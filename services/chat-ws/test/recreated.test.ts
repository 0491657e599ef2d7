import { describePostgres } from '@parley/common/runtime/test-databases';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restOf } from './rest-calls.ts';
import { startChat, type TestChat } from './start-chat.ts';

describePostgres('a room that another node has deleted', (databases) => {
  let near: TestChat;
  let far: TestChat;
  beforeAll(async () => {
    const { databaseUrl = '' } = await databases.create();
    near = await startChat({ DATABASE_URL: databaseUrl });
    far = await startChat({ DATABASE_URL: databaseUrl });
  });
  afterAll(async () => {
    await near.close();
    await far.close();
  });

  test('and made again, is given nothing by who was in the old one, and shows nothing to who could read that', async () => {
    const [here, there] = [restOf(near), restOf(far)];
    await here.create('ada', 'plans');
    const [ada, carl] = [await here.joined('ada', 'plans'), await here.login('carl')];
    expect(await carl.ask({ type: 'history', room: 'plans' })).toMatchObject({ type: 'history' });
    expect((await there.call('ada', 'DELETE', '/plans')).status).toBe(204);
    expect((await there.create('bob', 'plans', { visibility: 'private' })).status).toBe(201);
    await there.call('bob', 'POST', '/plans/messages', { body: { text: 'among us' } });
    // What is known here of the room is of the old one.
    for (const message of [
      { type: 'history', room: 'plans' },
      { type: 'post', room: 'plans', text: 'x' },
    ])
      expect(await carl.ask(message)).toMatchObject({ type: 'error', code: 'NOT_FOUND' });
    expect(await ada.ask({ type: 'post', room: 'plans', text: 'x' })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await ada.first('left')).toEqual({ type: 'left', room: 'plans', reason: 'deleted' });
    const { body } = await there.call('bob', 'GET', '/plans/messages');
    expect(body.messages).toMatchObject([{ text: 'among us' }]);
  });

  test('and made again as a private one, shows outsiders neither its members nor how far they have seen it', async () => {
    const [here, there] = [restOf(near), restOf(far)];
    for (const what of ['members', 'seen', 'messages']) {
      const name = `closed-${what}`;
      await here.create('ada', name);
      const read = async (who: string) => (await here.call(who, 'GET', `/${name}/${what}`)).status;
      expect(await read('carl')).toBe(200);
      expect((await there.call('ada', 'DELETE', `/${name}`)).status).toBe(204);
      expect((await there.create('bob', name, { visibility: 'private' })).status).toBe(201);
      expect([what, await read('carl'), await read('bob')]).toEqual([what, 404, 200]);
    }
  });

  test('is ended for who is in it by whoever finds out: a post, or a deletion that comes again', async () => {
    const [here, there] = [restOf(near), restOf(far)];
    for (const name of ['posted-to', 'deleted-twice']) {
      await here.create('ada', name);
      const [ada, bob] = [await here.joined('ada', name), await here.joined('bob', name)];
      expect((await there.call('ada', 'DELETE', `/${name}`)).status).toBe(204);
      if (name === 'posted-to')
        expect(await ada.ask({ type: 'post', room: name, text: 'x' })).toMatchObject({ code: 'NOT_FOUND' });
      else expect((await here.call('ada', 'DELETE', `/${name}`)).status).toBe(404);
      for (const client of [ada, bob])
        expect(await client.first('left')).toEqual({ type: 'left', room: name, reason: 'deleted' });
    }
  });
});
