import { describeEachDatabase } from '@parley/common/runtime/test-databases';
import { expect, test } from 'vitest';
import { range } from './client.ts';
import { startChat } from './start-chat.ts';

describeEachDatabase('chat-ws', (databases) => {
  test('keeps order, keys and positions over a restart', async () => {
    const { databaseUrl } = await databases.create();
    const chat = await startChat({ CHAT_WS_POSTS: '1000000', ...(databaseUrl && { DATABASE_URL: databaseUrl }) });
    try {
      const token = chat.usersApi.token({ name: 'ada' });
      const ada = await chat.client();
      await ada.ask({ type: 'auth', token });
      const ben = await chat.guestIn('lobby', 'ben');
      for (const n of range(1, 100)) ada.send({ type: 'post', id: n, room: 'lobby', text: `${n}`, key: `k${n}` });
      expect(await ben.seqs('lobby', 100)).toEqual(range(1, 100));
      expect(ben.all('message').map(({ text }) => Number(text))).toEqual(range(1, 100));
      const { epoch } = await ben.ask<'history'>({ type: 'history', room: 'lobby', limit: 1 });
      await chat.restart();

      const again = await chat.client();
      await again.ask({ type: 'auth', token });
      const repeated = await again.ask({ type: 'post', room: 'lobby', text: '50', key: 'k50' });
      expect(repeated).toMatchObject({ type: 'posted', seq: 50, epoch, duplicate: true });
      expect(await again.ask({ type: 'join', room: 'lobby', after: { epoch, seq: 60 } })).toMatchObject({
        head: 100,
        recovered: true,
      });
      await again.ask({ type: 'post', room: 'lobby', data: { n: 101 } });
      expect(await again.seqs('lobby', 41)).toEqual(range(61, 101));
    } finally {
      await chat.close();
    }
  });
});
