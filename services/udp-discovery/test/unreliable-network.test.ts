import { silentLogger } from '@parley/common/runtime/logger';
import { encodeDatagram } from '@parley/common/wire/discovery-datagram';
import { createLossyDgram } from '@parley/net/lossy-dgram';
import { RegistryConnection } from '@parley/net/registry-connection';
import { describe, expect, it, vi } from 'vitest';
import { ask, signed } from './raw-datagrams.ts';
import { afterTest, chat, keys, listed, listedIds, openClient, openSocket, startDiscovery } from './start-discovery.ts';

/** Where a datagram has its request id. */
const REQUEST_ID = { start: 8, end: 12 };

const rough = { loss: 0.3, duplicate: 0.3, reorder: 0.3, lateMs: 30 };

describe('U9 datagrams are lost, doubled and shuffled', () => {
  it('the registry stays right', async () => {
    const service = await startDiscovery({ DISCOVERY_LEASE_MS: '2500' });
    const clients = Array.from({ length: 4 }, (_, n) =>
      openClient(service.udpPort, { dgram: createLossyDgram({ ...rough, seed: n }) }),
    );
    const staying = clients.map((client, n) => client.announce(chat(`stays-${n}`, { ports: { http: 8000 + n } })));
    const leaving = clients.map((client, n) => client.announce(chat(`leaves-${n}`)));
    const registered = () => [...staying, ...leaving].filter(({ isRegistered }) => isRegistered).length;
    await vi.waitFor(() => expect(registered()).toBe(8), { timeout: 5000 });
    expect(await listed(service, 'chat-ws')).toHaveLength(8);

    await Promise.all(leaving.map((announcement) => announcement.withdraw()));
    const expected = [0, 1, 2, 3].map((n) => ({ instance: `stays-${n}`, ports: { http: 8000 + n } }));
    // A farewell may be lost altogether: then the lease ends. Who stays is listed all the time, for longer than a lease.
    const endsAt = performance.now() + 3000;
    while (performance.now() < endsAt) {
      const now = await listed(service, 'chat-ws');
      expect(now.filter(({ instance }) => instance.startsWith('stays'))).toMatchObject(expected);
      await clients[0]?.locate('chat-ws');
    }
    expect(await listed(service, 'chat-ws')).toMatchObject(expected);
  });

  it('every order and repetition of the same datagrams ends the same', async () => {
    const service = await startDiscovery();
    const socket = await openSocket();
    const history = [
      signed({ type: 'announce', ...chat('a1') }),
      signed({ type: 'renew', name: 'chat-ws', instance: 'a1' }),
      signed({ type: 'announce', ...chat('a1', { ports: { http: 9999 } }) }),
      signed({ type: 'withdraw', name: 'chat-ws', instance: 'a1' }),
    ];
    for (const order of [
      [3, 2, 1, 0],
      [2, 3, 3, 2],
      [0, 3, 1, 2, 0, 3],
    ]) {
      for (const index of order) await ask(socket, service.udpPort, history[index]!);
      expect(await listedIds(service, 'chat-ws')).toEqual([]);
    }
  });
});

describe('U8 reliable request', () => {
  const connect = (port: number) => {
    const discoveryUrl = `udp://127.0.0.1:${port}`;
    const connection = new RegistryConnection({ discoveryUrl, keys, log: silentLogger() });
    afterTest(() => connection.close());
    return connection;
  };

  it('repeats the same bytes with growing waits, and says in the end how many attempts failed', async () => {
    const silent = await openSocket();
    const retransmission = { ackTimeoutMs: 20, ackRandomFactor: 1.5, maxRetransmissions: 3 };
    const request = connect(silent.address.port).request({ type: 'locate', name: 'chat-ws' }, { retransmission });
    await expect(request).rejects.toMatchObject({
      code: 'NO_ANSWER',
      message: expect.stringContaining(`the registry at 127.0.0.1:${silent.address.port}: 4 attempts failed`),
      attempts: { length: 4 },
    });
    expect(silent.queued).toBe(4);
    const sent = await Promise.all([1, 2, 3, 4].map(() => silent.receive()));
    expect(new Set(sent.map((datagram) => datagram?.bytes.toString('hex'))).size).toBe(1);
  });

  it('takes no answer for another request, and none that is not signed', async () => {
    const service = await startDiscovery();
    const impostor = await openSocket();
    const retransmission = { ackTimeoutMs: 300, ackRandomFactor: 1, maxRetransmissions: 0 };
    const asked = connect(impostor.address.port).request({ type: 'locate', name: 'chat-ws' }, { retransmission });
    const failed = expect(asked).rejects.toMatchObject({ code: 'NO_ANSWER' });
    const question = await impostor.receive(1000);
    // A genuine answer of the registry, but to another request; then the same with the awaited request id forged in.
    const other = signed({ type: 'locate', name: 'chat-ws' });
    await impostor.send(other, { address: '127.0.0.1', port: service.udpPort });
    const genuine = await impostor.receive(1000);
    const forged = Buffer.from(genuine!.bytes);
    question!.bytes.copy(forged, REQUEST_ID.start, REQUEST_ID.start, REQUEST_ID.end);
    await impostor.send(genuine!.bytes, question!.from);
    await impostor.send(forged, question!.from);
    await impostor.send(unsignedAnswerTo(question!.bytes), question!.from);
    await failed;
  });
});

function unsignedAnswerTo(question: Buffer): Buffer {
  const requestId = question.readUInt32BE(REQUEST_ID.start);
  return encodeDatagram({ requestId, confirmable: false, message: { type: 'found', instances: [], total: 0 } });
}
