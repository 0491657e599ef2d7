import { afterEach, expect, it, vi } from 'vitest';
import { createLossyDgram, fateOf } from './lossy-dgram.ts';
import { createSeededRandom } from './seeded-random.ts';
import { openUdpSocket, type UdpSocket } from './udp-socket.ts';

const open: UdpSocket[] = [];
afterEach(() => Promise.all(open.splice(0).map((socket) => socket.close())));

it('decides the same for the same seed', () => {
  const options = { seed: 7, loss: 0.2, duplicate: 0.2, reorder: 0.2 };
  const fates = (seed: number) => {
    const random = createSeededRandom(seed);
    return Array.from({ length: 50 }, () => fateOf(options, random));
  };
  expect(fates(7)).toEqual(fates(7));
  expect(fates(7)).not.toEqual(fates(8));
});

it('loses, doubles and reorders what a socket sends', async () => {
  const dgram = createLossyDgram({ seed: 3, loss: 0.2, duplicate: 0.2, reorder: 0.2, lateMs: 5 });
  const sender = await openUdpSocket({ host: '127.0.0.1', port: 0, dgram });
  const receiver = await openUdpSocket({ host: '127.0.0.1', port: 0 });
  open.push(sender, receiver);
  for (let n = 0; n < 100; n++) await sender.send(Buffer.from([n]), receiver.address);

  const random = createSeededRandom(3);
  const fates = Array.from({ length: 100 }, () => fateOf({ seed: 3, loss: 0.2, duplicate: 0.2, reorder: 0.2 }, random));
  const expected = fates.reduce((sum, fate) => sum + fate.deliverNow + fate.deliverLate, 0);
  await vi.waitFor(() => expect(receiver.queued).toBe(expected));
  const heard: number[] = [];
  for (let n = 0; n < expected; n++) heard.push((await receiver.receive())!.bytes[0]!);
  const sorted = heard.toSorted((a, b) => a - b);
  expect(heard).not.toEqual(sorted);
  expect(new Set(heard).size).toBe(fates.filter(({ deliverNow, deliverLate }) => deliverNow + deliverLate > 0).length);
  expect(new Set(heard).size).toBeLessThan(100);
  expect(heard.length).toBeGreaterThan(new Set(heard).size);
});
