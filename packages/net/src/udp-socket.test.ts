import { afterEach, describe, expect, it, vi } from 'vitest';
import { DATAGRAM_OVERHEAD_BYTES } from './datagram-queue.ts';
import { openUdpSocket, type UdpSocket, type UdpSocketOptions } from './udp-socket.ts';

const open: UdpSocket[] = [];
afterEach(() => Promise.all(open.splice(0).map((socket) => socket.close())));

async function openSocket(options: Partial<UdpSocketOptions> = {}): Promise<UdpSocket> {
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0, ...options });
  open.push(socket);
  return socket;
}

const textOf = (datagram: { bytes: Buffer } | undefined) => datagram?.bytes.toString();

describe('UdpSocket', () => {
  it('U3 sends to any address and learns who answered', async () => {
    const [asker, first, second] = await Promise.all([openSocket(), openSocket(), openSocket()]);
    for (const peer of [first, second]) {
      await asker.send(Buffer.from('who?'), peer.address);
      const question = await peer.receive(1000);
      await peer.send(Buffer.from(`me, ${peer.address.port}`), question!.from);
      const answer = await asker.receive(1000);
      expect(textOf(answer)).toBe(`me, ${peer.address.port}`);
      expect(answer!.from).toEqual(peer.address);
    }
  });

  it('U2 hears only its peer in connected mode, and outlives the absence of the peer', async () => {
    const peer = await openSocket();
    const stranger = await openSocket();
    const errors: unknown[] = [];
    const connected = await openSocket({ peer: peer.address, onError: (err) => errors.push(err) });
    await stranger.send(Buffer.from('psst'), connected.address);
    await connected.send(Buffer.from('hello'));
    expect(textOf(await peer.receive(1000))).toBe('hello');
    await peer.send(Buffer.from('yes'), connected.address);
    expect(textOf(await connected.receive(1000))).toBe('yes');
    expect(connected.queued).toBe(0);

    const { port } = peer.address;
    await peer.close();
    await connected.send(Buffer.from('still there?'));
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    const back = await openSocket({ port });
    await connected.send(Buffer.from('again'));
    expect(textOf(await back.receive(1000))).toBe('again');
  });

  it('speaks IPv6', async () => {
    const [one, other] = await Promise.all([openSocket({ host: '::1' }), openSocket({ host: '::1' })]);
    await one.send(Buffer.from('hi'), other.address);
    expect(textOf(await other.receive(1000))).toBe('hi');
  });

  it('misses nothing while nobody is receiving, up to the bound of its queue', async () => {
    const maxQueuedBytes = 100 * (DATAGRAM_OVERHEAD_BYTES + 1);
    const [sender, receiver] = await Promise.all([openSocket(), openSocket({ maxQueuedBytes })]);
    for (let n = 0; n < 105; n++) await sender.send(Buffer.of(n), receiver.address);
    await vi.waitFor(() => expect(receiver.queued + receiver.dropped).toBe(105));
    expect(receiver.dropped).toBe(5);
    for (let n = 0; n < 100; n++) expect((await receiver.receive())?.bytes).toEqual(Buffer.of(n));
  });

  it('U11 a receive time-out is an error of its own, and neither send nor receive suffers from it', async () => {
    const [one, other] = await Promise.all([openSocket(), openSocket()]);
    await expect(one.receive(10)).rejects.toMatchObject({ code: 'RECEIVE_TIMEOUT' });
    await one.send(Buffer.from('fine'), other.address);
    expect(textOf(await other.receive(1000))).toBe('fine');
    await other.send(Buffer.from('too'), one.address);
    expect(textOf(await one.receive(1000))).toBe('too');
  });

  it('ends the iteration when it is closed, and closes once', async () => {
    const [sender, receiver] = await Promise.all([openSocket(), openSocket()]);
    await sender.send(Buffer.from('last'), receiver.address);
    const heard: string[] = [];
    for await (const { bytes } of receiver) {
      heard.push(bytes.toString());
      await Promise.all([receiver.close(), receiver.close()]);
    }
    expect(heard).toEqual(['last']);
    expect(await receiver.receive()).toBeUndefined();
    await expect(receiver.send(Buffer.from('x'), sender.address)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('U12 refuses a datagram that is too large, and goes on', async () => {
    const [sender, receiver] = await Promise.all([openSocket(), openSocket()]);
    const tooLarge = sender.send(Buffer.alloc(65_508), receiver.address);
    await expect(tooLarge).rejects.toMatchObject({ code: 'DATAGRAM_TOO_LARGE' });
    await sender.send(Buffer.alloc(65_507), receiver.address);
    expect((await receiver.receive(1000))?.bytes).toHaveLength(65_507);
  });

  it('names the port and the setting when the port is in use', async () => {
    const holder = await openSocket();
    const { port } = holder.address;
    const onError = vi.fn();
    const named = openUdpSocket({ host: '127.0.0.1', port, setting: 'DISCOVERY_PORT', onError });
    await expect(named).rejects.toThrow(`port ${port} on 127.0.0.1 (DISCOVERY_PORT) is in use by another program`);
    expect(onError).not.toHaveBeenCalled();
    const unnamed = openUdpSocket({ host: '127.0.0.1', port });
    await expect(unnamed).rejects.toMatchObject({
      code: 'BIND_FAILED',
      message: expect.stringContaining('EADDRINUSE'),
    });
  });
});
