import { expect, test } from 'vitest';
import { FrameClient } from './frame-client.ts';
import { LineClient } from './line-client.ts';
import { patience, startGateway } from './start-gateway.ts';

test('T12 drain: nobody is let in, everybody is told with a ticket, answers under way come, then the end', async () => {
  const gateway = await startGateway({ GATEWAY_DRAIN_PER_SECOND: '10' });
  const { port, chat } = gateway;
  const lines = await LineClient.in(port, 'lobby', 'ada');
  const frames = await FrameClient.in(port, 'lobby', 'bob');
  const stranger = await LineClient.connect(port);
  expect(await stranger.ask('HELLO')).toBe('WORLD');
  const undecided = await LineClient.connect(port);
  const held: (() => void)[] = [];
  chat.intercept = (message, link) => {
    if (message.t !== 'in') return false;
    held.push(() => link.take(message));
    return true;
  };
  lines.type('under way');
  await expect.poll(() => held.length, patience).toBe(1);

  const closed = gateway.close();
  expect(await frames.some('drain', 1)).toMatchObject([
    { ticket: 'ticket-g_2-guest-bob-2', reconnectAfterMs: expect.any(Number) },
  ]);
  await Promise.all([frames.closed, undecided.rest()]);
  expect(await stranger.rest()).toMatch(/^WORLD\nDRAIN \d+\n$/);
  const late = await LineClient.connect(port).then(
    () => 'let in',
    (err: NodeJS.ErrnoException) => err.code,
  );
  expect(late).toBe('ECONNREFUSED');
  expect(lines.isEnded).toBe(false);
  for (const take of held) take();
  const said = await lines.rest();
  expect(said).toMatch(/TICKET ticket-g_1-guest-ada-1\nDRAIN (\d+) ticket-g_1-guest-ada-1\n/);
  expect(Number(/DRAIN (\d+) /.exec(said)?.[1])).toBeLessThan(300);
  expect(said).toContain('POSTED lobby e1:1\n');
  await closed;
  await expect.poll(() => chat.openLinks.length, patience).toBe(0);
});

test('T12 whoever is left at the deadline is cut off', async () => {
  const gateway = await startGateway({ PARLEY_DRAIN_MS: '500' });
  const { port, chat } = gateway;
  const client = await LineClient.in(port, 'lobby');
  chat.intercept = (message) => message.t === 'in';
  client.type('never answered');
  await expect.poll(() => chat.all('in').length, patience).toBe(3);
  const startedAt = performance.now();
  await Promise.all([gateway.close(), client.closed]);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(client.all.filter((line) => line.startsWith('POSTED'))).toEqual([]);
});

test('T12 with nobody connected the service stops at once', async () => {
  const gateway = await startGateway({ PARLEY_DRAIN_MS: '20000' });
  const startedAt = performance.now();
  await gateway.close();
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});
