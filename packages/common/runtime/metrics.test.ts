import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('a tally shows what was counted, by its label, however often it is asked for', async () => {
  const metrics = createMetrics('chat-ws');
  const posts = metrics.tally({ name: 'parley_posts_total', help: 'Posts.', label: 'result' });
  const shown = async () => (await metrics.text()).split('\n').filter((line) => line.startsWith('parley_posts_total'));
  expect(await shown()).toEqual([]);
  posts.count('posted');
  posts.count('posted');
  posts.count('CONFLICT');
  expect(await shown()).toEqual([
    'parley_posts_total{result="posted",service="chat-ws"} 2',
    'parley_posts_total{result="CONFLICT",service="chat-ws"} 1',
  ]);
  posts.count('posted');
  expect(await shown()).toContain('parley_posts_total{result="posted",service="chat-ws"} 3');
});
