import { expect, it } from 'vitest';
import { DATAGRAM_OVERHEAD_BYTES, DatagramQueue } from './datagram-queue.ts';

const from = { address: '192.0.2.1', port: 5000 };
const datagram = (length: number) => ({ bytes: Buffer.alloc(length), from });
const cost = (length: number) => length + DATAGRAM_OVERHEAD_BYTES;

it('holds so many bytes and no more, however large or small the datagrams are', async () => {
  const queue = new DatagramQueue(cost(60_000) + cost(1000));
  for (const length of [60_000, 60_000, 1000, 0]) queue.put(datagram(length));
  expect([queue.length, queue.dropped]).toEqual([2, 2]);
  expect((await queue.take().datagram)?.bytes).toHaveLength(60_000);
  queue.put(datagram(60_000));
  expect([queue.length, queue.dropped]).toEqual([2, 2]);

  const empty = new DatagramQueue(cost(0) * 10);
  for (let n = 0; n < 11; n++) empty.put(datagram(0));
  expect([empty.length, empty.dropped]).toEqual([10, 1]);
});

it('says that it overflows until something was taken', () => {
  const queue = new DatagramQueue(cost(10));
  queue.put(datagram(10));
  expect(queue.isOverflowing).toBe(false);
  queue.put(datagram(10));
  expect(queue.isOverflowing).toBe(true);
  void queue.take();
  expect(queue.isOverflowing).toBe(false);
});

it('hands a datagram to the one who waits longest, never to one who has given up', async () => {
  const queue = new DatagramQueue(1000);
  const [given, first, second] = [queue.take(), queue.take(), queue.take()];
  given.forget();
  queue.put(datagram(1));
  queue.put(datagram(2));
  expect((await first.datagram)?.bytes).toHaveLength(1);
  expect((await second.datagram)?.bytes).toHaveLength(2);
  queue.end();
  queue.put(datagram(3));
  expect(await queue.take().datagram).toBeUndefined();
});
