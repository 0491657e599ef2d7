import type { Socket } from 'node:net';
import { connectTcp } from '@parley/net/connect';
import { decode, encode } from 'dns-packet';
import { describe, expect, it, vi } from 'vitest';
import { DnsTcpDecoder, encodeDnsTcp } from '../src/dns/tcp-framing.ts';
import { ask, signed } from './raw-datagrams.ts';
import { afterTest, chat, figuresOf, openSocket, type StartedDiscovery, startDiscovery } from './start-discovery.ts';

const question = (name: string, id = 1) => encode({ type: 'query', id, questions: [{ name, type: 'SRV' }] });

async function register(service: StartedDiscovery, count: number): Promise<void> {
  const socket = await openSocket();
  for (let n = 0; n < count; n++)
    await ask(socket, service.udpPort, signed({ type: 'announce', ...chat(`node-${n}`) }));
}

async function connect({ dnsPort }: StartedDiscovery, { allowHalfOpen = false } = {}): Promise<Socket> {
  const socket = await connectTcp({ host: '127.0.0.1', port: dnsPort, allowHalfOpen });
  socket.on('error', () => {});
  afterTest(() => socket.destroy());
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()).resume());
}

/** Reads until the other side ends, or until there are `count` answers. */
async function answers(socket: Socket, count: number): Promise<Buffer[]> {
  const decoder = new DnsTcpDecoder(65_535);
  const messages: Buffer[] = [];
  for await (const chunk of socket) {
    messages.push(...(decoder.feed(chunk) ?? []));
    if (messages.length >= count) break;
  }
  return messages;
}

describe('DNS over UDP', () => {
  it('U10 an instance is found by name as soon as it is there, and is gone as soon as it left', async () => {
    const service = await startDiscovery();
    const socket = await openSocket();
    const dns = { address: '127.0.0.1', port: service.dnsPort };
    const look = async () => {
      await socket.send(question('chat-ws.parley'), dns);
      return decode((await socket.receive(2000))!.bytes);
    };
    expect(await look()).toMatchObject({ rcode: 'NXDOMAIN' });
    await register(service, 1);
    expect(await look()).toMatchObject({
      rcode: 'NOERROR',
      answers: [{ data: { port: 8081, target: 'node-0.chat-ws.parley' } }],
      additionals: [{ type: 'A', name: 'node-0.chat-ws.parley', data: '127.0.0.1' }],
    });
    const withdrawal = signed({ type: 'withdraw', name: 'chat-ws', instance: 'node-0' });
    await ask(await openSocket(), service.udpPort, withdrawal);
    expect(await look()).toMatchObject({ rcode: 'NXDOMAIN' });
  });

  it('a network that asks too much is told to come over TCP, where it is answered', async () => {
    const service = await startDiscovery({ DISCOVERY_DNS_RESPONSES_PER_SECOND: '5' });
    await register(service, 3);
    const socket = await openSocket();
    const query = question('chat-ws.parley');
    const replies = [];
    for (let n = 0; n < 10; n++) {
      await socket.send(query, { address: '127.0.0.1', port: service.dnsPort });
      replies.push((await socket.receive(2000))!.bytes);
    }
    const truncated = replies.filter((reply) => decode(reply).flag_tc);
    expect(truncated.length).toBeGreaterThan(0);
    expect(replies.length - truncated.length).toBeGreaterThanOrEqual(5);
    for (const reply of truncated) expect(reply.length).toBeLessThanOrEqual(query.length);
    expect(await figuresOf(service)).toMatch(
      new RegExp(`^parley_discovery_dns_limited_total\\S* ${truncated.length}$`, 'm'),
    );

    const tcp = await connect(service);
    tcp.write(encodeDnsTcp(query));
    const [whole] = await answers(tcp, 1);
    expect(decode(whole!).answers).toHaveLength(3);
  });
});

describe('DNS over TCP', () => {
  it('answers many queries on a connection, in their order, cut anywhere', async () => {
    const service = await startDiscovery();
    await register(service, 30);
    const socket = await connect(service);
    const stream = Buffer.concat([1, 2, 3].map((id) => encodeDnsTcp(question('chat-ws.parley', id))));
    for (const byte of stream) socket.write(Buffer.of(byte));
    const received = (await answers(socket, 3)).map((message) => decode(message));
    expect(received.map(({ id }) => id)).toEqual([1, 2, 3]);
    for (const { answers, flag_tc } of received) expect([answers?.length, flag_tc]).toEqual([30, false]);
  });

  it('answers who ends its half after the query', async () => {
    const service = await startDiscovery();
    const socket = await connect(service, { allowHalfOpen: true });
    socket.end(encodeDnsTcp(question('udp-discovery.parley')));
    expect(await answers(socket, 2)).toHaveLength(1);
  });

  it('waits for a client that does not read, and answers it all once it does', async () => {
    const service = await startDiscovery();
    await register(service, 60);
    const socket = await connect(service, { allowHalfOpen: true });
    socket.pause();
    const queries = 1000;
    const one = encodeDnsTcp(question('chat-ws.parley'));
    socket.end(Buffer.concat(Array.from({ length: queries }, () => one)));
    const other = await connect(service);
    other.write(one);
    expect(await answers(other, 1)).toHaveLength(1);
    expect(await answers(socket, queries + 1)).toHaveLength(queries);
  });

  it('ends a connection that is idle, also when it dribbles', async () => {
    const service = await startDiscovery({ DISCOVERY_DNS_IDLE_MS: '60' });
    const [idle, dribbling] = [await connect(service), await connect(service)];
    const bytes = encodeDnsTcp(question('chat-ws.parley'));
    let sent = 0;
    const dribble = setInterval(() => dribbling.write(bytes.subarray(sent, ++sent)), 15);
    afterTest(() => clearInterval(dribble));
    await Promise.all([closed(idle), closed(dribbling)]);
    expect(sent).toBeLessThan(bytes.length);
  });

  it('ends a connection that announces too long a query or sends what is none, and no other', async () => {
    const service = await startDiscovery({ DISCOVERY_DNS_MAX_QUERY_BYTES: '512' });
    const good = await connect(service);
    const [long, answer] = [await connect(service), await connect(service)];
    long.write(Buffer.from([0xff, 0xff]));
    answer.write(encodeDnsTcp(encode({ type: 'response', id: 1 })));
    await Promise.all([closed(long), closed(answer)]);
    good.write(encodeDnsTcp(question('udp-discovery.parley')));
    expect(await answers(good, 1)).toHaveLength(1);
  });

  it('takes so many connections and no more', async () => {
    const service = await startDiscovery({ DISCOVERY_DNS_MAX_CONNECTIONS: '2' });
    const [first, second] = [await connect(service), await connect(service)];
    const third = await connect(service);
    await closed(third);
    first.destroy();
    await vi.waitFor(async () => {
      const fourth = await connect(service);
      fourth.write(encodeDnsTcp(question('udp-discovery.parley')));
      expect(await answers(fourth, 1)).toHaveLength(1);
    });
    expect(second.destroyed).toBe(false);
  });
});
