import { silentLogger } from '@parley/common/runtime/logger';
import { openUdpSocket } from '@parley/net/udp-socket';
import { expect, it, vi } from 'vitest';
import { serveDatagrams } from './serve-datagrams.ts';

it('U12 goes on when an answer fails or cannot be sent; only what is our own fault is worth more than a debug line', async () => {
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 });
  const client = await openUdpSocket({ host: '127.0.0.1', port: 0 });
  const log = silentLogger();
  const [error, warn, debug] = [vi.spyOn(log, 'error'), vi.spyOn(log, 'warn'), vi.spyOn(log, 'debug')];
  const answer = vi.fn(({ bytes }: { bytes: Buffer }) => {
    if (bytes.toString() === 'fails') throw new Error('a bug');
    // No datagram is that large.
    return bytes.toString() === 'unsendable' ? Buffer.alloc(70_000) : bytes;
  });
  const served = serveDatagrams(socket, answer, log);
  for (const text of ['fails', 'unsendable', 'fine']) await client.send(Buffer.from(text), socket.address);
  expect((await client.receive(1000))?.bytes.toString()).toBe('fine');
  const peer = client.address;
  expect(error.mock.calls).toMatchObject([[{ peer }, 'a datagram could not be answered']]);
  expect(debug.mock.calls).toMatchObject([[{ peer }, 'an answer could not be sent']]);
  expect(warn).not.toHaveBeenCalled();
  await Promise.all([socket.close(), client.close()]);
  await served;
});
