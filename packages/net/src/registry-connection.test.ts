import { createKeyRing } from '@parley/common/runtime/key-ring';
import { silentLogger } from '@parley/common/runtime/logger';
import { decodeDatagram, encodeDatagram } from '@parley/common/wire/discovery-datagram';
import { afterEach, expect, it } from 'vitest';
import type { Lookup } from './lookup.ts';
import { RegistryConnection } from './registry-connection.ts';
import type { Retransmission } from './reliable-request.ts';
import { openUdpSocket, type UdpSocket } from './udp-socket.ts';

const keys = createKeyRing(['a service secret for the tests of the connection']);
const { id: keyId, key } = keys.signing('discovery');
/** For silence that is wished for; an answer is waited for as long as a busy machine may need. */
const briefly = { ackTimeoutMs: 30, ackRandomFactor: 1, maxRetransmissions: 0 };
const patiently = { ...briefly, ackTimeoutMs: 5_000 };
const question = { type: 'locate', name: 'chat-ws' } as const;

const open: { close(): Promise<void> }[] = [];
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));

/** Answers each request with `ok`, signed with a sequence that is off by so much. */
async function openRegistry({ offBy = 0n } = {}): Promise<UdpSocket> {
  const socket = await openUdpSocket({ host: '127.0.0.1', port: 0 });
  open.push(socket);
  void (async () => {
    for await (const { bytes, from } of socket) {
      const { requestId, origin } = decodeDatagram(bytes, [{ id: keyId, key }]);
      const signing = { epoch: origin!.epoch, sequence: origin!.sequence + offBy, keyId, key };
      await socket.send(encodeDatagram({ requestId, confirmable: false, message: { type: 'ok' } }, signing), from);
    }
  })();
  return socket;
}

function connect({ address: { port } }: UdpSocket, lookup?: Lookup): RegistryConnection {
  const discoveryUrl = `udp://${lookup ? 'registry.test' : '127.0.0.1'}:${port}`;
  const connection = new RegistryConnection({ discoveryUrl, keys, log: silentLogger(), ...(lookup && { lookup }) });
  open.push(connection);
  return connection;
}

it('T15 goes on to the next address of the name when one is silent, and keeps to the one that answers', async () => {
  const connection = connect(await openRegistry(), async () => ['127.0.0.9', '127.0.0.1', '127.0.0.8']);
  const ask = (retransmission: Retransmission) => connection.request(question, { retransmission });
  const first = await Promise.allSettled([ask(briefly), ask(briefly)]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  for (let n = 0; n < 3; n++) expect(await ask(patiently)).toEqual({ type: 'ok' });
});

it('blames silence on the address when the time runs out, and not when the caller gives up', async () => {
  const connection = connect(await openRegistry(), async () => ['127.0.0.9', '127.0.0.1']);
  const silent = (signal: AbortSignal) => connection.request(question, { signal });
  const givenUp = new AbortController();
  const asked = silent(givenUp.signal);
  givenUp.abort();
  await expect(asked).rejects.toMatchObject({ code: 'CLOSED' });
  await expect(silent(AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'CLOSED' });
  expect(await connection.request(question, { retransmission: patiently })).toEqual({ type: 'ok' });
});

it('takes no answer that is signed for another request', async () => {
  const connection = connect(await openRegistry({ offBy: 1n }));
  await expect(connection.request(question, { retransmission: briefly })).rejects.toMatchObject({ code: 'NO_ANSWER' });
});

it('can be given up while the name is looked up, and refuses what comes after it was closed', async () => {
  const connection = connect(await openRegistry(), () => new Promise(() => {}));
  const asked = connection.request(question);
  const closed = expect(asked).rejects.toMatchObject({ code: 'CLOSED' });
  await connection.close();
  await closed;
  await expect(connection.request(question)).rejects.toMatchObject({ code: 'CLOSED' });
});
