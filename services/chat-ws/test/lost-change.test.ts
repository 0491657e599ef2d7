import { describePostgres } from '@parley/common/runtime/test-databases';
import { expect, onTestFinished, test, vi } from 'vitest';
import { patience } from './client.ts';
import { type Cut, openCuttableWay } from './log/cut-connection.ts';
import { restOf } from './rest-calls.ts';
import { startChat } from './start-chat.ts';

describePostgres('a change of a room whose answer is lost', (databases) => {
  async function open() {
    const { databaseUrl = '' } = await databases.create();
    const way = await openCuttableWay(databaseUrl);
    const chat = await startChat({ DATABASE_URL: way.url });
    onTestFinished(() => chat.close());
    const rest = restOf(chat);
    // Where it is in the feed is stored: what is committed from now on is asked for here.
    await vi.waitFor(() => expect(chat.usersApi.feed.asked).toContain('c0'), patience);

    /** `tries`: so many COMMITs get lost before all is well again. */
    async function lose(cut: Cut, change: () => Promise<{ status: number }>, tries = 1): Promise<void> {
      way.cut = cut;
      expect((await change()).status).toBe(503);
      await vi.waitFor(() => expect(way.commitsCut).toBeGreaterThanOrEqual(tries), patience);
      way.cut = 'no';
    }

    async function privateRoom(name: string) {
      await rest.create('ada', name, { visibility: 'private' });
      await rest.put('ada', name, 'u_bob', 'member');
      return rest.joined('bob', name);
    }
    return { rest, lose, privateRoom };
  }

  test('takes the seat of a member who was removed', async () => {
    const { rest, lose, privateRoom } = await open();
    const bob = await privateRoom('removed');
    await lose('after the commit', () => rest.remove('ada', 'removed', 'u_bob'));
    expect(await bob.first('left')).toEqual({ type: 'left', room: 'removed', reason: 'removed' });
    expect(await bob.ask({ type: 'post', room: 'removed', text: 'x' })).toMatchObject({ code: 'NOT_FOUND' });
    expect((await rest.remove('ada', 'removed', 'u_bob')).status).toBe(404);
  });

  test('takes the seat of who was banned', async () => {
    const { rest, lose } = await open();
    await rest.create('ada', 'banned');
    const bob = await rest.joined('bob', 'banned');
    await lose('after the commit', () => rest.put('ada', 'banned', 'u_bob', 'banned'));
    expect(await bob.first('left')).toEqual({ type: 'left', room: 'banned', reason: 'banned' });
  });

  test('takes the seats of outsiders in a room that has become private', async () => {
    const { rest, lose } = await open();
    await rest.create('ada', 'closed');
    const bob = await rest.joined('bob', 'closed');
    await lose('after the commit', () => rest.call('ada', 'PATCH', '/closed', { body: { visibility: 'private' } }));
    expect(await bob.first('left')).toEqual({ type: 'left', room: 'closed', reason: 'removed' });
  });

  test('ends a room that was deleted', async () => {
    const { rest, lose, privateRoom } = await open();
    const bob = await privateRoom('deleted');
    await lose('after the commit', () => rest.call('ada', 'DELETE', '/deleted'));
    expect(await bob.first('left')).toEqual({ type: 'left', room: 'deleted', reason: 'deleted' });
  });

  test('is looked up until the database answers', async () => {
    const { rest, lose, privateRoom } = await open();
    const bob = await privateRoom('away');
    await lose('after the commit', () => rest.remove('ada', 'away', 'u_bob'), 3);
    expect(await bob.first('left')).toEqual({ type: 'left', room: 'away', reason: 'removed' });
  });

  test('leaves everybody where they are when it was not committed', async () => {
    const { rest, lose, privateRoom } = await open();
    const bob = await privateRoom('kept');
    await lose('before the commit', () => rest.remove('ada', 'kept', 'u_bob'));
    // That which follows was asked of the database later.
    expect(await rest.remove('ada', 'kept', 'u_eve')).toMatchObject({ status: 404 });
    expect(await bob.ask({ type: 'post', room: 'kept', text: 'x' })).toMatchObject({ type: 'posted' });
    expect(bob.all('left')).toEqual([]);
  });
});
